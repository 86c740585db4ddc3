import type { Metrics } from '@kso/kit';
import type { ScanEndpoint } from './scanning/endpoint.ts';
import { createSourceMetrics, type SourceMetrics } from './source-metrics.ts';

/** What kubevuln counts, under the names of kubevuln.md 13.1. */
export interface ScanMetrics {
  completed(endpoint: ScanEndpoint, outcome: 'success' | 'partial' | 'error', reason: string, seconds: number): void;
  rejected(endpoint: ScanEndpoint, reason: 'too_many_requests' | 'queue_full' | 'invalid_request'): void;
  /** A job shared the pull and the match of another one. */
  shared(): void;
  databaseBuilt(epochMs: number | undefined): void;
  databaseUpdateFailed(): void;
  /** The number of scans that wait or run is asked for at each scrape; undefined: it cannot be known now. */
  queueDepth(ask: () => Promise<number | undefined>): void;
  /** A registry was not asked again for so long, because it limits requests or could not be reached. */
  registryWaited(ms: number, why: 'rateLimited' | 'unreachable'): void;
  /** Folders of engines that a killed process had left. */
  swept(folders: number): void;
  /** How an order for an SBOM from the workers ended. */
  ordered(end: 'answered' | 'notTaken' | 'lost'): void;
  /** True when the database is older than it may be. */
  databaseStale(stale: boolean): void;
  source: SourceMetrics;
  rematch: RematchMetrics;
  exceptions: ExceptionMetrics;
}

/** Of exceptions. */
export interface ExceptionMetrics {
  /** They were read again: so many are in force, and whether some may be missing. */
  looked(state: { active: number; degraded: boolean }): void;
  /** One has expired. */
  expired(source: string): void;
  /** So many findings of a result are covered by exceptions of a source. */
  matched(source: string, findings: number): void;
}

/** Of the pass over all known images after another database or engine. */
export interface RematchMetrics {
  /** Images that still wait in the pass that runs. */
  waiting(images: number): void;
  rematched(outcome: 'changed' | 'unchanged' | 'failed'): void;
  /** The pass and Grype by itself disagreed about an image. */
  mismatch(): void;
  ended(seconds: number): void;
}

export function createScanMetrics(metrics: Metrics): ScanMetrics {
  const labelNames = ['endpoint', 'outcome', 'reason'];
  const scans = metrics.counter({
    name: 'kubevuln_scans_completed_total',
    help: 'Image scans that ended, by outcome and reason.',
    labelNames,
  });
  const duration = metrics.histogram({
    name: 'kubevuln_scan_duration_seconds',
    help: 'Duration of image scans.',
    labelNames,
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
  });
  const rejections = metrics.counter({
    name: 'kubevuln_scan_rejections_total',
    help: 'Requests for image scans that were not accepted.',
    labelNames: ['endpoint', 'reason'],
  });
  const shared = metrics.counter({
    name: 'kubevuln_singleflight_hits_total',
    help: 'Scans that shared the work of another scan of the same image.',
    labelNames: ['target'],
  });
  const built = metrics.gauge({
    name: 'kubevuln_db_built_timestamp_seconds',
    help: 'When the vulnerability database was built; 0 without one.',
  });
  const updateFailures = metrics.counter({
    name: 'kubevuln_db_update_failures_total',
    help: 'Updates of the vulnerability database that failed.',
  });
  const stale = metrics.gauge({
    name: 'kubevuln_db_stale',
    help: '1 while the vulnerability database is older than databaseUpdate.staleAfter, or missing.',
  });
  const sweeps = metrics.counter({
    name: 'kubevuln_temp_dir_sweep_removed_total',
    help: 'Folders of engines that a killed process had left, and that were removed.',
    labelNames: ['component'],
  });
  const orders = metrics.counter({
    name: 'kubevuln_worker_orders_total',
    help: 'SBOMs that were ordered from workers, by how that ended; what is not answered is made by kubevuln itself.',
    labelNames: ['end'],
  });
  const registryWaits = metrics.counter({
    name: 'kubevuln_registry_wait_seconds_total',
    help: 'Time that scans waited before they asked a registry again.',
    labelNames: ['reason'],
  });
  return {
    ordered: (end) => {
      orders.inc({ end });
    },
    registryWaited: (ms, reason) => {
      registryWaits.inc({ reason }, ms / 1000);
    },
    queueDepth: (ask) => {
      metrics.gauge({
        name: 'kubevuln_worker_pool_queue_depth',
        help: 'Image scans that wait or run.',
        async collect() {
          const depth = await ask();
          if (depth !== undefined) this.set(depth);
        },
      });
    },
    swept: (folders) => {
      sweeps.inc({ component: 'in_process' }, folders);
    },
    source: createSourceMetrics(metrics),
    rematch: createRematchMetrics(metrics),
    exceptions: createExceptionMetrics(metrics),
    databaseStale: (isStale) => {
      stale.set(isStale ? 1 : 0);
    },
    completed: (endpoint, outcome, reason, seconds) => {
      scans.inc({ endpoint, outcome, reason });
      duration.observe({ endpoint, outcome, reason }, seconds);
    },
    rejected: (endpoint, reason) => {
      rejections.inc({ endpoint, reason });
    },
    shared: () => {
      shared.inc({ target: 'sbom_generation' });
    },
    databaseBuilt: (epochMs) => {
      built.set((epochMs ?? 0) / 1000);
    },
    databaseUpdateFailed: () => {
      updateFailures.inc();
    },
  };
}

function createExceptionMetrics(metrics: Metrics): ExceptionMetrics {
  const inForce = metrics.gauge({
    name: 'kubevuln_exceptions_active',
    help: 'Exceptions of vulnerabilities that are in force.',
  });
  const missing = metrics.counter({
    name: 'kubevuln_exceptions_degraded_total',
    help: 'Times that some exceptions could not be read.',
  });
  const matched = metrics.counter({
    name: 'kubevuln_exceptions_matched_total',
    help: 'Findings in results that exceptions cover, by the source of the exception.',
    labelNames: ['sourceKind'],
  });
  const outdated = metrics.counter({
    name: 'kubevuln_exceptions_expired_total',
    help: 'Exceptions that were seen to have expired.',
    labelNames: ['sourceKind'],
  });
  return {
    matched: (sourceKind, findings) => {
      matched.inc({ sourceKind }, findings);
    },
    expired: (sourceKind) => {
      outdated.inc({ sourceKind });
    },
    looked: ({ active, degraded }) => {
      inForce.set(active);
      if (degraded) missing.inc();
    },
  };
}

function createRematchMetrics(metrics: Metrics): RematchMetrics {
  const waiting = metrics.gauge({
    name: 'kubevuln_rematch_images_waiting',
    help: 'Known images that still have to be matched with the present database.',
  });
  const rematched = metrics.counter({
    name: 'kubevuln_rematched_images_total',
    help: 'Known images that were matched again after a change of database or engine, by outcome.',
    labelNames: ['outcome'],
  });
  const mismatches = metrics.counter({
    name: 'kubevuln_rematch_mismatches_total',
    help: 'Passes whose sample differed from what Grype says about the image by itself; they were not used.',
  });
  const seconds = metrics.gauge({
    name: 'kubevuln_rematch_duration_seconds',
    help: 'Duration of the last pass over all known images.',
  });
  return {
    waiting: (images) => {
      waiting.set(images);
    },
    rematched: (outcome) => {
      rematched.inc({ outcome });
    },
    mismatch: () => {
      mismatches.inc();
    },
    ended: (duration) => {
      seconds.set(duration);
    },
  };
}
