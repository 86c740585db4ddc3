import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { builtInCatalogue } from '@kso/controls';
import { type BasePorts, createHttpServer, refuseOtherSites, registerHealth, type Service } from '@kso/kit';
import type { JobQueue, JobWorker } from '@kso/queue';
import type { Store } from '@kso/store';
import { type PostureReport, type PostureScanRequest, postureScanKind, type ResourceResult } from '@kso/wire';
import { createCallbacks } from './callback/callbacks.ts';
import type { ScannerConfig } from './config.ts';
import { fail } from './errors.ts';
import { postureJobHandler, type ScanEnd } from './jobs/posture-job.ts';
import { checkRequest } from './jobs/scan-request.ts';
import { showLiveFigures } from './metrics/live-metrics.ts';
import { showThreadWatches } from './metrics/thread-watches.ts';
import { createLastGood } from './policy/last-good.ts';
import { noPolicy, type PolicyDocuments } from './policy/policy-documents.ts';
import type { PolicyEndpoint } from './policy/policy-endpoint.ts';
import { createPolicyReader } from './policy/policy-reader.ts';
import { createPolicyWatch } from './policy/policy-watch.ts';
import { takeOverPolicy } from './policy/posture-policy.ts';
import { noRego } from './policy/rego-of-service.ts';
import { regoSources } from './policy/rego-sources.ts';
import { createRegoWatch } from './policy/rego-watch.ts';
import { storeChanges, storedKeys } from './publish/publisher.ts';
import { createResultFiles } from './results/result-files.ts';
import { requireToken } from './routes/auth.ts';
import { registerScanRoutes } from './routes/routes.ts';
import { createScans } from './routes/scans.ts';
import type { SourceConfig } from './scan/source-config.ts';
import { scannerMetrics } from './scanner-metrics.ts';
import type { WorkerSettings, WorkerState } from './worker/protocol.ts';
import { createThreadClient, type ThreadClient, type ThreadClientPorts } from './worker/thread-client.ts';

export { type ScannerConfig, scannerConfig } from './config.ts';
export { scannerErrors } from './errors.ts';
export type { ScanEnd } from './jobs/posture-job.ts';
export { checkRequest, scanJob, scanKey } from './jobs/scan-request.ts';
export { createPolicyEndpoint, type PolicyEndpoint } from './policy/policy-endpoint.ts';
export { postureReportPath, postureResultKind } from './publish/publisher.ts';
export type { ScanProgress, UnreadableDocument } from './scan/progress.ts';
export { loadRegoPolicies, type RegoPolicies, type RegoSources } from './scan/rego-policies.ts';
export { type ScanOnceOptions, scanManifestsOnce, scanSourceOnce, type WorkloadName } from './scan/scan-once.ts';
export type { SourceConfig } from './scan/source-config.ts';

export interface ScannerPorts extends BasePorts {
  readonly queue: JobQueue;
  readonly store: Store;
  /** Where policy is read besides files; absent when there is no CloudEndpoint. */
  readonly policyEndpoint?: PolicyEndpoint;
  /** Called after something was put into the outbox. */
  wakePoster?(): void;
  /** The evaluating thread, when it is loading already (`@kso/kubescape-scanner/thread`). */
  readonly thread?: Worker | undefined;
  /** Makes the client of the evaluating thread; tests pass one that runs in the present thread. */
  readonly createThread?: (ports: ThreadClientPorts) => ThreadClient;
}

/** What the scanner tells about: the end of a scan, or results that have changed without one. */
export type ScannerEvent =
  | ({ readonly type: 'scan' } & ScanEnd)
  | { readonly type: 'change'; readonly changed: readonly ResourceResult[]; readonly removed: readonly string[] }
  | { readonly type: 'state'; readonly state: WorkerState };

export interface KubescapeScanner extends Service {
  /** Tells of every result, until the returned function is called. */
  onResult(listener: (event: ScannerEvent) => void): () => void;
  /** The report of a scan that has ended and was not fetched or deleted; reading it here does not delete it. */
  readReport(scanId: string): PostureReport | undefined;
  /** Where it listens; after `start`. */
  readonly url: string | undefined;
}

/** The scanner: one thread that owns the objects, the policy engine and the results, and a listener that hands out scans and results. */
export function createKubescapeScanner(config: ScannerConfig, ports: ScannerPorts): KubescapeScanner {
  const { logger: baseLogger, metrics, clock, store, queue } = ports;
  const logger = baseLogger.child({ cluster: config.clusterName });
  const files = createResultFiles(config.dataDir);
  const ownMetrics = scannerMetrics(metrics, clock);
  const callbacks = createCallbacks(config, ports);
  const listeners = new Set<(event: ScannerEvent) => void>();
  const waiting = new Map<string, (end: ScanEnd) => void>();
  const tell = (event: ScannerEvent): void => {
    for (const listener of listeners) listener(event);
  };

  let policy: PolicyDocuments = noPolicy;
  let rego = noRego;
  let catalogue = builtInCatalogue;
  const checkKnown = (request: PostureScanRequest): void => checkRequest(request, catalogue);
  const policyWatch = createPolicyWatch({
    reader: createPolicyReader(config.policy, {
      clock,
      logger,
      endpoint: config.offline || !config.policy.fromEndpoint ? undefined : ports.policyEndpoint,
      lastGood: createLastGood(config.dataDir),
    }),
    clock,
    everyMs: config.policy.refresh,
    onPolicy: (documents) => {
      policy = documents;
      ({ catalogue } = takeOverPolicy(documents, rego).policy);
      thread.setPolicy(documents);
    },
  });
  const regoWatch = createRegoWatch({
    ...regoSources(config),
    clock,
    logger,
    onRego: (next) => {
      rego = next;
      ({ catalogue } = takeOverPolicy(policy, rego).policy);
      thread.setRego(rego);
    },
    onCurrent: (isCurrent) => ownMetrics.observeRego(isCurrent),
  });
  const thread = (ports.createThread ?? createThreadClient)({
    clock,
    logger,
    thread: ports.thread,
    settings: () => workerSettings(config, files.resultsDir, store, { policy, rego }),
    onState: (state) => {
      ownMetrics.observeState(state);
      tell({ type: 'state', state });
    },
    store: (batch) => {
      storeChanges(store, isSubmitting(config) ? batch : { ...batch, parts: [] }, config.clusterName, clock.now());
      ports.wakePoster?.();
      tell({ type: 'change', changed: batch.changed, removed: batch.removed });
    },
  });

  showLiveFigures(metrics, logger, () => thread.figures());
  if (config.source.type === 'cluster') showThreadWatches(metrics, logger, () => thread.watches());
  const { host, port, apiToken, tls } = config;
  const server = createHttpServer({
    ...ports,
    name: 'kubescape-scanner',
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
  });
  refuseOtherSites(server.app, { host });
  if (apiToken === undefined) logger.warn({}, 'the scanner has no API token: whoever reaches its port may scan');
  else requireToken(server.app, apiToken);

  let url: string | undefined;
  let worker: JobWorker | undefined;
  const scanner: KubescapeScanner = {
    name: 'kubescape-scanner',
    get url() {
      return url;
    },
    start: async () => {
      if (config.policy.artifacts !== undefined || config.policy.customRules !== undefined) await regoWatch.start();
      policyWatch.start();
      thread.start();
      ({ url } = await server.start());
      worker = queue.work(
        postureScanKind,
        { concurrency: 1 },
        postureJobHandler({
          ...ports,
          logger,
          thread,
          checkRequest: checkKnown,
          policyRead: policyWatch.first(),
          files,
          scannerMetrics: ownMetrics,
          clusterName: config.clusterName,
          submit: isSubmitting(config),
          defaults: namespacesOf(config),
          onEnd: (end) => {
            files.prune(config.keepResults);
            callbacks?.send(end);
            ports.wakePoster?.();
            waiting.get(end.scanId)?.(end);
            waiting.delete(end.scanId);
            tell({ type: 'scan', ...end });
          },
        }),
      );
    },
    stop: async () => {
      await server.stop();
      await worker?.close(graceMs);
      await callbacks?.stop();
      await policyWatch.stop();
      await regoWatch.stop();
      await thread.stop();
    },
    notReady: () => thread.notReady() ?? queue.notReady(),
    onResult: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    readReport: (scanId) => {
      if (files.find(scanId)?.type !== 'result') return undefined;
      return JSON.parse(readFileSync(path.join(files.resultsDir, `${scanId}.json`), 'utf8')) as PostureReport;
    },
  };

  registerHealth(server.app, { services: [scanner], metrics });
  server.app.register(async (app) => {
    registerScanRoutes(app, {
      queue,
      files,
      logger,
      scans: createScans(queue),
      capacity: config.queue.capacity,
      requestMaxBytes: config.requestMaxBytes,
      offline: config.offline,
      callbacks: callbacks !== undefined,
      checkRequest: checkKnown,
      figures: () => thread.figures(),
      whenEnded: (scanId) => new Promise((resolve) => waiting.set(scanId, resolve)),
      cancelled: (scanId) => {
        waiting.get(scanId)?.({ scanId, jobId: scanId, ok: false, error: fail('SCAN_CANCELLED') });
        waiting.delete(scanId);
      },
    });
  });
  return scanner;
}

const graceMs = 5000;

/** Offline nothing is sent, whatever else is set (scanner.md 3.1). */
function isSubmitting({ report, offline }: ScannerConfig): boolean {
  return report.submit && !report.keepLocal && !offline;
}

function workerSettings(
  config: ScannerConfig,
  resultsDir: string,
  store: Store,
  policies: Pick<WorkerSettings, 'policy' | 'rego'>,
): WorkerSettings {
  return {
    ...policies,
    source: sourceOf(config),
    clusterName: config.clusterName,
    securityExceptions: config.policy.fromObjects,
    controlInputObject: config.policy.inputsFromObjects,
    kubevulnUrl: config.kubevulnUrl,
    customerGuid: config.report.account,
    namespaces: namespacesOf(config),
    resultsDir,
    partBytes: config.report.partSize,
    continuous: config.continuous.enabled,
    settleMs: config.continuous.settle,
    retryMs: config.continuous.retry,
    known: storedKeys(store),
  };
}

function namespacesOf({ includeNamespaces, excludeNamespaces }: ScannerConfig) {
  return { includeNamespaces, excludedNamespaces: excludeNamespaces };
}

function sourceOf({ source }: ScannerConfig): SourceConfig {
  const { type, path: folder, kubeconfig, context } = source;
  if (type === 'manifests') return { type, path: folder ?? '.' };
  return { type, ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
}
