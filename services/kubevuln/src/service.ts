import { join } from 'node:path';
import { removeStaleScratchDirectories, type SbomEngine, type VulnerabilityMatcher } from '@kso/engines';
import {
  type BasePorts,
  createHttpServer,
  refuseOtherSites,
  registerHealth,
  type Service,
  type TokenAuthenticator,
} from '@kso/kit';
import type { JobQueue, JobWorker } from '@kso/queue';
import type { CredentialSealer, RegistryClient } from '@kso/registry';
import type { Store } from '@kso/store';
import { imageScanKind } from '@kso/wire';
import type { FastifyInstance } from 'fastify';
import type { KubevulnConfig } from './config.ts';
import type { CredentialFinder } from './credentials/port.ts';
import type { AskEndpoint } from './exceptions/endpoint.ts';
import { reconsiderWorkloads } from './exceptions/reconsider.ts';
import type { ClusterExceptions } from './exceptions/sources.ts';
import { createExceptionWatch } from './exceptions/watch.ts';
import { createScanMetrics } from './metrics.ts';
import { createDatabaseAgeAlarm } from './prerequisites/database-age.ts';
import { createFileImport } from './prerequisites/database-file.ts';
import { createDatabaseUpdater } from './prerequisites/database-updater.ts';
import { type Expectations, lookAtPrerequisites, type Readiness } from './prerequisites/prerequisites.ts';
import { queueMissedScans } from './prerequisites/rescan.ts';
import { createPrerequisiteWatcher } from './prerequisites/watcher.ts';
import type { ContainerProfiles } from './relevancy/profiles.ts';
import { createRelevancyStore } from './relevancy/relevancy-store.ts';
import { createRematcher } from './rematching/rematcher.ts';
import { createRecorder } from './results/recorder.ts';
import { createRetention } from './results/retention.ts';
import { showVulnerabilities } from './results/vulnerability-metrics.ts';
import { registerDiagnostics } from './routes/diagnostics.ts';
import { registerImageVulnerabilities } from './routes/image-vulnerabilities.ts';
import { createJobAliases } from './routes/job-aliases.ts';
import { registerObjects } from './routes/objects.ts';
import { registerOpenApi } from './routes/openapi.ts';
import { registerScanRoutes } from './routes/scan-routes.ts';
import { registerScanStatus } from './routes/scan-status.ts';
import { createImageEvaluator } from './scanning/evaluate-image.ts';
import { createImageScanHandler } from './scanning/image-scan-handler.ts';
import { createImageLocator } from './scanning/locate-image.ts';
import { createProfileStep } from './scanning/profile-step.ts';
import { createRateLimitBreaker } from './scanning/rate-limit-breaker.ts';
import { createRegistryMirrors } from './scanning/registry-mirrors.ts';
import { createSbomCache } from './scanning/sbom-cache.ts';
import { createSummarizer } from './summary/summarizer.ts';
import { openWorkers } from './workers/open.ts';

export { KubevulnConfig, kubevulnConfig } from './config.ts';
export {
  type CredentialFinder,
  createCredentialFinder,
  type OpenedCredentials,
  openCredentials,
} from './credentials/index.ts';
export { countEngineMemory } from './engine-memory.ts';
export { kubevulnErrors } from './errors.ts';
export { readClusterExceptions } from './exceptions/cluster.ts';
export { type AskEndpoint, createExceptionEndpoint } from './exceptions/endpoint.ts';
export { hostSwitches } from './host-switches.ts';

export interface KubevulnPorts extends BasePorts {
  readonly queue: JobQueue;
  /** Kubevuln's own: results of images and the outbox for their reports. */
  readonly store: Store;
  readonly sbomEngine: SbomEngine;
  readonly matcher: VulnerabilityMatcher;
  readonly registry: RegistryClient;
  readonly sealer: CredentialSealer;
  /** Logins beside those that come with jobs. */
  readonly credentials?: CredentialFinder;
  /** Knows the tokens of workers, which then make the SBOMs; without it there are none. */
  readonly workerTokens?: TokenAuthenticator | undefined;
  /** Asks a CloudEndpoint for exceptions. */
  readonly askExceptions?: AskEndpoint;
  /** Exceptions that are objects of the cluster. */
  readonly clusterExceptions?: ClusterExceptions;
  /** Profiles of containers that do not come with a request. */
  readonly profiles?: ContainerProfiles;
  /** Told of new reports. Without it results are kept and nothing is queued for a CloudEndpoint. */
  readonly poster?: { wake(): void };
}

export interface KubevulnService extends Service {
  /** For tests without sockets. */
  readonly app: FastifyInstance;
  /** Where the service listens, once it has started. */
  readonly url: string | undefined;
  /** What is missing for image scans, or undefined: for screens and logs. Unlike `notReady` it is known after `start` only. */
  readonly readiness: Readiness | undefined;
  /** The composer says what is on its way (engines being built, a database being fetched) and when that has ended. */
  expect(change: Partial<Expectations>): Promise<void>;
}

/**
 * Image scans: takes `image-scan` jobs from the queue, keeps SBOMs and findings, writes reports to the outbox. Missing engines or a
 * missing database do not keep it from starting (docs/adr/0007-scan-engines.md).
 */
export function createKubevuln(config: KubevulnConfig, ports: KubevulnPorts): KubevulnService {
  const { queue, store, registry, sealer, clock, logger, tracer } = ports;
  const metrics = createScanMetrics(ports.metrics);
  const workers = openWorkers(config, { ...ports, metrics });
  const { sbomEngine, matcher } = workers;
  metrics.queueDepth(() => queueDepth(queue));
  if (config.vulnerabilityMetrics.enabled)
    showVulnerabilities(ports.metrics, store.results, config.vulnerabilityMetrics);
  const scratchRoot = join(config.dataDir, 'scratch');
  const now = () => clock.now();
  const breaker = createRateLimitBreaker(now);
  const aliases = createJobAliases();
  const summarizer = createSummarizer();

  const sboms = createSbomCache(join(config.dataDir, 'sboms'), config.sbomCacheSize);
  const limits = {
    maxImageBytes: config.maxImageSize,
    maxSbomBytes: config.maxSbomSize,
    maxResultBytes: config.maxResultSize,
  };
  const relevancy = createRelevancyStore(store.results, now);
  const exceptions = createExceptionWatch({
    clock,
    logger,
    files: config.exceptions,
    askEndpoint: ports.askExceptions,
    cluster: ports.clusterExceptions,
    everyMs: config.exceptions.refresh,
    metrics: metrics.exceptions,
    onChange: () => reconsider.wake(),
  });
  const recorder = createRecorder({
    store,
    now,
    exceptions: () => exceptions.book,
    prepareExceptions: (subject) => exceptions.prepare(subject),
    onExcepted: metrics.exceptions.matched,
    relevancy,
    chunkBytes: config.report.chunkSize,
    account: config.account,
    reporting: ports.poster !== undefined,
    onReport: () => ports.poster?.wake(),
  });
  const reconsider = reconsiderWorkloads({
    results: store.results,
    recorder,
    logger,
    exceptions: () => exceptions.book,
  });
  const evaluator = createImageEvaluator({
    sbomEngine,
    matcher,
    registry,
    summarizer,
    scratchRoot,
    now,
    tracer,
    locator: createImageLocator({
      registry,
      clock,
      results: store.results,
      imageLayouts: config.imageLayouts,
      credentials: ports.credentials,
      mirrors: createRegistryMirrors(config.proxyRegistryMap, logger),
      onWait: metrics.registryWaited,
      metrics: metrics.source,
      onBrokenLayout: (error) => logger.warn({ err: error }, 'an image layout is passed over'),
      defaultPlatform: config.defaultPlatform,
    }),
    sboms,
    results: store.results,
    limits,
    onShared: metrics.shared,
  });
  const handler = createImageScanHandler({
    evaluator,
    profiles: createProfileStep({
      ...config.relevancy,
      acceptPartial: config.relevancy.partial,
      profiles: ports.profiles,
      summarizer,
      relevancy,
    }),
    recorder,
    sealer,
    breaker,
    clock,
    logger,
    tracer,
    metrics,
    scanTimeoutMs: config.scanTimeout,
  });

  const rematcher = createRematcher({
    results: store.results,
    sboms,
    sbomEngine,
    matcher,
    summarizer,
    recorder,
    scratchRoot,
    limits,
    timeoutMs: config.scanTimeout,
    samples: 1,
    retryMs: config.databaseUpdate.retryInterval,
    clock,
    logger,
    metrics: metrics.rematch,
  });

  let worker: JobWorker | undefined;
  const onChange = async (readiness: Readiness): Promise<void> => {
    if (readiness.state === 'waiting') updater.wake();
    metrics.databaseBuilt(readiness.state === 'ready' ? readiness.database.built : undefined);
    logger.info(describeReadiness(readiness), 'image scans');
    // Once open it stays open: what is missing later ends scans as "not evaluated", which is queued again when it is back.
    if (readiness.state !== 'waiting') {
      // A finding that was accepted long ago must not be reported for the moment before that is known.
      await exceptions.first();
      worker ??= queue.work(imageScanKind, { concurrency: workers.concurrency }, handler);
    }
    if (readiness.state === 'ready') {
      const scans = await queueMissedScans(store.results, queue);
      if (scans > 0) logger.info({ scans }, 'scans that were missed are queued again');
      rematcher.wake();
    }
  };
  const updates = config.databaseUpdate;
  const ageAlarm = createDatabaseAgeAlarm({
    now,
    logger,
    staleAfterMs: updates.staleAfter,
    onLook: metrics.databaseStale,
  });
  const watcher = createPrerequisiteWatcher({
    clock,
    logger,
    onChange,
    look: async (expected) => {
      const readiness = await lookAtPrerequisites({ sbomEngine, matcher }, expected);
      ageAlarm.look(readiness);
      return readiness;
    },
    expected: { engines: config.enginesExpected, database: updates.enabled || config.databaseExpected },
    everyMs: config.engineCheckInterval,
  });
  const updater = createDatabaseUpdater({
    clock,
    logger,
    update:
      updates.file === undefined
        ? (signal) => matcher.database.update(signal)
        : createFileImport({ database: matcher.database, file: updates.file, dataDir: config.dataDir }),
    // A file is looked at, a mirror is asked.
    intervalMs: updates.file === undefined ? updates.interval : updates.retryInterval,
    retryMs: updates.retryInterval,
    onAttempt: async (change) => {
      const succeeded = change.outcome === 'changed' || change.outcome === 'unchanged';
      if (!succeeded) metrics.databaseUpdateFailed();
      // The first attempt is waited for; a database that cannot be had must not make scans wait for ever.
      if (change.outcome !== 'engineUnavailable') await watcher.expect({ database: false });
    },
  });

  const retention = createRetention({ clock, logger, results: store.results, keepMs: config.keepAnswers });

  const server = createHttpServer({ ...ports, logger, name: 'kubevuln', host: config.host, port: config.port });
  refuseOtherSites(server.app, config);
  workers.register(server.app);
  let url: string | undefined;
  let stopped: Promise<void> | undefined;
  const service: KubevulnService = {
    name: 'kubevuln',
    app: server.app,
    get url() {
      return url;
    },
    get readiness() {
      return watcher.current;
    },
    expect: (change) => watcher.expect(change),
    notReady: () => {
      const { current } = watcher;
      if (current === undefined) return 'starting';
      return current.state === 'ready' ? queue.notReady() : current.reason;
    },
    start: async () => {
      metrics.swept(await removeStaleScratchDirectories(scratchRoot));
      exceptions.start();
      await watcher.start();
      if (updates.enabled) updater.start();
      retention.start();
      ({ url } = await server.start());
    },
    stop: () =>
      (stopped ??= stopAll([
        () => server.stop(),
        () => updater.stop(),
        () => retention.stop(),
        () => exceptions.stop(),
        () => reconsider.stop(),
        () => watcher.stop(),
        () => rematcher.stop(),
        async () => worker?.close(config.shutdownTimeout),
        () => summarizer.close(),
      ])),
  };
  registerHealth(server.app, { services: [service], metrics: ports.metrics });
  registerScanRoutes(server.app, {
    queue,
    sealer,
    breaker,
    aliases,
    metrics,
    logger,
    maxQueueDepth: config.maxQueueDepth,
  });
  registerScanStatus(server.app, { queue, aliases });
  registerImageVulnerabilities(server.app, ports.store.results);
  registerObjects(server.app, {
    results: store.results,
    account: config.account,
    exceptions: () => exceptions.book,
    relevancy,
    now,
  });
  registerOpenApi(server.app);
  registerDiagnostics(server.app, { sbomEngine, matcher, now, scanTimeoutMs: config.scanTimeout });
  return service;
}

/** Undefined while the queue cannot be reached: a scrape says what is known. */
async function queueDepth(queue: JobQueue): Promise<number | undefined> {
  try {
    const { waiting, delayed, active } = await queue.counts(imageScanKind);
    return waiting + delayed + active;
  } catch {
    return undefined;
  }
}

function describeReadiness(readiness: Readiness): Record<string, string | boolean> {
  if (readiness.state !== 'ready') return { state: readiness.state, reason: readiness.reason };
  const { built, sample, digest } = readiness.database;
  return { state: 'ready', databaseBuilt: new Date(built).toISOString(), databaseDigest: digest, sample };
}

/** Each step although one before failed; the first failure is told in the end. */
async function stopAll(steps: readonly (() => Promise<void> | undefined)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
