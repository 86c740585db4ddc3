import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseImageReference } from '@kso/domain';
import { createGrype, createSyft, importSampleDatabase } from '@kso/engines';
import { KubevulnConfig } from '@kso/kubevuln';
import { type InstalledPackage, readPackages } from '@kso/kubevuln/local';
import { findInLayouts } from '@kso/registry';
import type { ImageMatches } from '@kso/wire';
import type { CliHost } from '../host.ts';
import { sampleFolder } from '../target/sample.ts';
import { userDatabaseFolder } from './database-folder.ts';
import type { ImageTarget } from './image-target.ts';
import { scanFromDisk } from './scan-from-disk.ts';
import { scanFromRegistry } from './scan-from-registry.ts';

/** Everything that was found, or why there is nothing to say. */
export type OneImage =
  | {
      readonly state: 'evaluated';
      readonly matches: ImageMatches;
      /** Only if they were asked for. */
      readonly packages: readonly InstalledPackage[];
    }
  | { readonly state: 'notEvaluated'; readonly reason: string; readonly detail: string };

export interface ScanOneOptions {
  readonly target: ImageTarget;
  /** As the user wrote it. */
  readonly name: string;
  readonly platform?: string;
  /** How the registry is spoken to; by default as its host suggests. */
  readonly plainHttp?: boolean | undefined;
  readonly skipTlsVerify?: boolean | undefined;
  /** Whether the packages are wanted beside the findings. */
  readonly withPackages: boolean;
  readonly onStep: (text: string) => void;
}

/** What the ways of scanning have in common. */
export interface ScanSetting {
  readonly options: ScanOneOptions;
  readonly host: CliHost;
  readonly config: KubevulnConfig;
  readonly sbomEngine: ReturnType<typeof createSyft>;
  readonly matcher: ReturnType<typeof createGrype>;
  /** Called in reverse order at the end. */
  readonly onEnd: (close: () => void | Promise<void>) => void;
}

/** Scans one image with the parts of the service, in a folder that is gone afterwards. */
export async function scanOneImage(options: ScanOneOptions, host: CliHost): Promise<OneImage> {
  const folder = mkdtempSync(join(tmpdir(), 'kso-image-'));
  const closers: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const setting = await settingIn(folder, options, host, (close) => closers.push(close));
    const result = await (options.target.type === 'local'
      ? scanFromDisk(options.target.source, setting)
      : scanFromRegistry(options.target.reference, setting));
    if (!('matches' in result)) return { state: 'notEvaluated', ...result };
    const { matches } = result;
    const packages = options.withPackages ? await readPackages(folder, matches) : [];
    return { state: 'evaluated', matches, packages: packages ?? [] };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function settingIn(
  folder: string,
  options: ScanOneOptions,
  host: CliHost,
  onEnd: ScanSetting['onEnd'],
): Promise<ScanSetting> {
  const engine = { env: { ...host.env }, scratchRoot: join(folder, 'scratch') };
  const sample = options.target.type === 'registry' && (await isSampleImage(options.target.reference));
  const matcher = createGrype({
    ...engine,
    databaseDirectory: sample ? join(folder, 'grype') : userDatabaseFolder(host),
  });
  if (sample) await importSampleDatabase(matcher.database, { ...engine, file: join(sampleFolder, 'advisories.json') });
  const hasDatabase = (await matcher.database.status()).state === 'ready';
  options.onStep(hasDatabase ? `scanning ${options.name}` : 'fetching the vulnerability database');
  const config = KubevulnConfig.parse({
    host: '127.0.0.1',
    port: 0,
    dataDir: folder,
    // Fetched only when there is none: keeping it fresh is the user's, as with Grype itself.
    databaseUpdate: { enabled: !hasDatabase && !sample },
    shutdownTimeout: '1s',
    ...(sample ? { imageLayouts: join(sampleFolder, 'images') } : {}),
  });
  return { options, host, config, sbomEngine: createSyft(engine), matcher, onEnd };
}

/** The sample's images lie in a folder of the product, and are matched against its own few advisories. */
async function isSampleImage(reference: string): Promise<boolean> {
  const parsed = parseImageReference(reference);
  if (parsed.type !== 'reference') return false;
  return (await findInLayouts(join(sampleFolder, 'images'), parsed.reference).catch(() => undefined)) !== undefined;
}
