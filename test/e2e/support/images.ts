import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  buildImage,
  debianPackages,
  type Layer,
  layer,
  layerOfTar,
  pushImage,
  pythonPackage,
} from '@kso/testkit/images';
import { requireProgram } from '@kso/testkit/programs';

/** On the node the registry answers at this address, whatever pods call it. */
export const registryUrl = 'http://127.0.0.1:5000';

function output(program: string, args: readonly string[], env = process.env): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args, { env, maxBuffer: 512 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.toString('utf8')}`);
  return stdout;
}

/** Debian's Redis with the libraries it is linked to, and nothing else, as `redis:e2e`. */
export async function pushRedis(): Promise<void> {
  const program = requireProgram('redis-server');
  const libraries = output('ldd', [program]).toString('utf8').match(/\/\S+/g) ?? [];
  const files = [program, ...libraries].map((file) => file.slice(1));
  const archive = output('tar', ['-c', '--dereference', '-C', '/', ...files]);
  await pushImage(registryUrl, 'redis', 'e2e', buildImage({ layers: [layerOfTar(archive)] }));
}

/** An image whose one process waits, with a vulnerable Python package (Jinja2 2.10) or without, as `REPOSITORY:1.0`. Each repository has an image of its own. */
export async function pushWaiting(
  repository: string,
  { vulnerable, to = registryUrl }: { vulnerable: boolean; to?: string },
): Promise<void> {
  const packages = debianPackages({ zlib1g: '1:1.2.13.dfsg-1' });
  const layers = [waitingLayer(), layer([...packages, ...(vulnerable ? pythonPackage('Jinja2', '2.10') : [])])];
  await pushImage(to, repository, '1.0', buildImage({ layers, entrypoint: ['/pause'], labels: { repository } }));
}

/** `/pause`, which waits. */
export function waitingLayer(): Layer {
  return layer([{ type: 'file', path: 'pause', content: waitingProgram(), mode: 0o755 }]);
}

function waitingProgram(): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-pause-'));
  try {
    const file = path.join(folder, 'pause');
    const source = path.resolve(import.meta.dirname, '../../cluster/pause/main.go');
    output('go', ['build', '-trimpath', '-o', file, source], { ...process.env, CGO_ENABLED: '0' });
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
