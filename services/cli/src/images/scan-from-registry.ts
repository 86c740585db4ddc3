import { randomBytes, randomUUID } from 'node:crypto';
import { imageScanJobKey } from '@kso/domain';
import { type BasePorts, createLogger, createMetrics, noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { createKubevuln } from '@kso/kubevuln';
import { createInProcessQueue, type JobQueue } from '@kso/queue';
import { createCredentialSealer, createRegistryClient } from '@kso/registry';
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
import { dockerLogins } from './docker-logins.ts';
import type { ScanSetting } from './scan-one.ts';

type Result = { readonly matches: ImageMatches } | { readonly reason: string; readonly detail: string };

/** One job for the service itself, with its queue and its store in memory. */
export async function scanFromRegistry(reference: string, setting: ScanSetting): Promise<Result> {
  const { host, config, sbomEngine, matcher, onEnd, options } = setting;
  const ports: BasePorts = {
    logger: createLogger({ service: 'kubevuln', level: 'silent' }),
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
  };
  const registry = createRegistryClient({ outgoing: readOutgoing({ ...host.env }), clock: systemClock });
  onEnd(() => registry.close());
  const queue = createInProcessQueue({ file: ':memory:' }, ports);
  onEnd(() => queue.close());
  const store = createMemoryStore();
  const sealer = createCredentialSealer(randomBytes(32));
  const kubevuln = createKubevuln(config, { ...ports, queue, store, sbomEngine, matcher, registry, sealer });
  onEnd(() => kubevuln.stop());
  await kubevuln.start();
  const { platform, plainHttp, skipTlsVerify } = options;
  const job = ImageScanJob.parse({
    imageTag: reference,
    ...(platform === undefined ? {} : { platform }),
    ...(plainHttp === undefined ? {} : { useHTTP: plainHttp }),
    ...(skipTlsVerify === true ? { skipTLSVerify: true } : {}),
    credentialsList: await dockerLogins(reference, host),
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

function readResult({ results }: Store, job: ImageScanJob): Result {
  const record = ImageScanRecord.parse(results.get(imageScanRecordKind, imageScanRecordKey(job))?.body);
  if (record.state !== 'evaluated') return { reason: record.reason, detail: record.detail };
  const stored = results.get(imageMatchesKind, imageMatchesKey(record.digest, record.platform));
  return { matches: ImageMatches.parse(stored?.body) };
}
