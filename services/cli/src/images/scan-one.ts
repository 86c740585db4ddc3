import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageScanJobKey, parseImageReference } from '@kso/domain';
import { createGrype, createSyft, importSampleDatabase } from '@kso/engines';
import { type BasePorts, createLogger, createMetrics, noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { createKubevuln, KubevulnConfig } from '@kso/kubevuln';
import { createInProcessQueue, type JobQueue } from '@kso/queue';
import { createCredentialSealer, createRegistryClient, findInLayouts } from '@kso/registry';
import { createMemoryStore, type Store } from '@kso/store';
import {
  ImageMatches,
  ImageScanJob,
  ImageScanRecord,
  imageMatchesKey,
  imageMatchesKind,
  imageScanKind,
  imageScanRecordKey,
  imageScanRecordKind,
  type JsonObject,
} from '@kso/wire';
import type { CliHost } from '../host.ts';
import { sampleFolder } from '../target/sample.ts';
import { userDatabaseFolder } from './database-folder.ts';
import { dockerLogins } from './docker-logins.ts';

export interface OneImage {
  readonly record: ImageScanRecord;
  /** Everything that was found, if the image could be evaluated. */
  readonly matches: ImageMatches | undefined;
}

export interface ScanOneOptions {
  readonly reference: string;
  readonly platform?: string;
  readonly onStep: (text: string) => void;
}

/** Scans one image with the parts of the service: a queue and a store in memory, a folder that is gone afterwards. */
export async function scanOneImage(options: ScanOneOptions, host: CliHost): Promise<OneImage> {
  const folder = mkdtempSync(join(tmpdir(), 'kso-image-'));
  const closers: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    return await scanIn(folder, options, host, (close) => closers.push(close));
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function scanIn(
  folder: string,
  { reference, platform, onStep }: ScanOneOptions,
  host: CliHost,
  onEnd: (close: () => void | Promise<void>) => void,
): Promise<OneImage> {
  const env = { ...host.env };
  const ports: BasePorts = {
    logger: createLogger({ service: 'kubevuln', level: 'silent' }),
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
  };
  const sample = await isSampleImage(reference);
  const engine = { env, scratchRoot: join(folder, 'scratch') };
  const matcher = createGrype({
    ...engine,
    databaseDirectory: sample ? join(folder, 'grype') : userDatabaseFolder(host),
  });
  if (sample) await importSampleDatabase(matcher.database, { ...engine, file: join(sampleFolder, 'advisories.json') });
  const hasDatabase = (await matcher.database.status()).state === 'ready';
  const registry = createRegistryClient({ outgoing: readOutgoing(env), clock: systemClock });
  onEnd(() => registry.close());
  const queue = createInProcessQueue({ file: ':memory:' }, ports);
  onEnd(() => queue.close());
  const store = createMemoryStore();
  const config = KubevulnConfig.parse({
    host: '127.0.0.1',
    port: 0,
    dataDir: folder,
    // Fetched only when there is none: keeping it fresh is the user's, as with Grype itself.
    databaseUpdate: { enabled: !hasDatabase && !sample },
    shutdownTimeout: '1s',
    ...(sample ? { imageLayouts: join(sampleFolder, 'images') } : {}),
  });
  const sealer = createCredentialSealer(randomBytes(32));
  const sbomEngine = createSyft(engine);
  const kubevuln = createKubevuln(config, { ...ports, queue, store, sbomEngine, matcher, registry, sealer });
  onEnd(() => kubevuln.stop());
  onStep(hasDatabase ? `scanning ${reference}` : 'fetching the vulnerability database');
  await kubevuln.start();
  const job = ImageScanJob.parse({
    imageTag: reference,
    ...(platform === undefined ? {} : { platform }),
    credentialsList: dockerLogins(reference, host),
  });
  await runJob(queue, job, host.signal);
  return readResult(store, job);
}

/** Resolves when the job has ended, well or badly: the record says which. */
async function runJob(queue: JobQueue, job: ImageScanJob, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  const parent = randomUUID();
  const stop = queue.onChildEnd(async () => resolve());
  try {
    await queue.openParent(parent, {});
    await queue.addChild(parent, {
      kind: imageScanKind,
      key: imageScanJobKey(job),
      payload: job as unknown as JsonObject,
      priority: 'onDemand',
      jobId: randomUUID(),
      parentId: parent,
    });
    await queue.sealParent(parent);
    await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await stop();
  }
}

function readResult({ results }: Store, job: ImageScanJob): OneImage {
  const record = ImageScanRecord.parse(results.get(imageScanRecordKind, imageScanRecordKey(job))?.body);
  if (record.state !== 'evaluated') return { record, matches: undefined };
  const stored = results.get(imageMatchesKind, imageMatchesKey(record.digest, record.platform));
  return { record, matches: ImageMatches.parse(stored?.body) };
}

/** The sample's images lie in a folder of the product, and are matched against its own few advisories. */
async function isSampleImage(reference: string): Promise<boolean> {
  const parsed = parseImageReference(reference);
  if (parsed.type !== 'reference') return false;
  return (await findInLayouts(join(sampleFolder, 'images'), parsed.reference).catch(() => undefined)) !== undefined;
}
