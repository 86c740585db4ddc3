import { run, succeeds } from './run.ts';

// Neither needs a running daemon nor rights beyond root's in a container.
const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' };

export function imageExists(name: string): boolean {
  return succeeds('buildah', ['inspect', '--type', 'image', name]);
}

/** An image of one layer, `target` with the content of a folder. `timestamp`: of all in it, in seconds since 1970. */
export function commitFolder(folder: string, name: string, { target = '/', timestamp = 0 } = {}): void {
  const container = run('buildah', ['from', 'scratch'], { env }).trim();
  try {
    run('buildah', ['add', '-q', container, folder, target], { env });
    run('buildah', ['commit', '-q', '--timestamp', String(timestamp), container, name], { env });
  } finally {
    run('buildah', ['rm', container], { env });
  }
}

export interface BuildOptions {
  readonly file: string;
  readonly context: string;
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
  /** Of everything in the image, in seconds since 1970: the same input gives the same digest. */
  readonly timestamp: number;
}

export function buildImage({ file, context, name, args, timestamp }: BuildOptions): void {
  const buildArgs = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
  const flags = ['--isolation', 'chroot', '--format', 'oci', '--timestamp', String(timestamp)];
  run('buildah', ['build', '-q', ...flags, '-f', file, '-t', name, ...buildArgs, context], { env });
}

export interface ImageFacts {
  /** Sum of the layers as they are stored, uncompressed, in bytes. */
  readonly size: number;
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function inspectImage(name: string): ImageFacts {
  const { OCIv1 } = JSON.parse(run('buildah', ['inspect', '--type', 'image', name])) as {
    OCIv1: { config: { Entrypoint?: string[]; User?: string; Labels?: Record<string, string> } };
  };
  const [listed] = JSON.parse(run('buildah', ['images', '--json', name])) as { size: string }[];
  const { Entrypoint = [], User = '', Labels = {} } = OCIv1.config;
  return {
    size: bytes(listed?.size ?? ''),
    entrypoint: Entrypoint,
    user: User,
    labels: Labels,
  };
}

/** Puts an image as an OCI layout into a folder, where Syft and our scanner read it. */
export function saveLayout(name: string, folder: string): void {
  run('buildah', ['push', '-q', '--format', 'oci', name, `oci:${folder}:image`], { env });
}

const unitSizes: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9 };

/** buildah prints sizes for people: `352 MB`. */
function bytes(text: string): number {
  const [, number = '0', unit = ''] = /^([\d.]+) ?([kMG]?)B$/.exec(text) ?? [];
  return Math.round(Number(number) * (unitSizes[unit] ?? 1));
}
