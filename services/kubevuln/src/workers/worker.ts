import { join } from 'node:path';
import { removeStaleScratchDirectories, type SbomEngine, withScratchDirectory } from '@kso/engines';
import type { BasePorts, Metrics, Service } from '@kso/kit';
import type { JobQueue, JobWorker, RunningJob } from '@kso/queue';
import type { JsonValue } from '@kso/wire';
import { fail } from '../errors.ts';
import { explainProgram } from '../scanning/explain.ts';
import type { WorkerConfig } from './config.ts';
import type { Owner } from './owner.ts';
import { SbomJob, type SbomOrder, sbomJobKind } from './protocol.ts';

export interface WorkerPorts extends BasePorts {
  readonly queue: JobQueue;
  readonly sbomEngine: SbomEngine;
  readonly owner: Owner;
}

/**
 * Makes SBOMs for kubevuln: takes orders from the queue, pulls, catalogues, brings the SBOM. It keeps nothing, so there may be any
 * number of them, and each may go at any time.
 */
export function createKubevulnWorker(config: WorkerConfig, ports: WorkerPorts): Service {
  const { queue, sbomEngine, logger } = ports;
  const scratchRoot = join(config.dataDir, 'scratch');
  const metrics = createWorkerMetrics(ports.metrics);
  let worker: JobWorker | undefined;
  return {
    name: 'kubevuln-worker',
    start: async () => {
      const lookup = await sbomEngine.status();
      if (lookup.found !== 'found') throw fail('WORKER_WITHOUT_ENGINE', { detail: explainProgram(lookup) });
      metrics.swept(await removeStaleScratchDirectories(scratchRoot));
      logger.info({ syft: lookup.version, concurrency: config.scanConcurrency }, 'takes orders for SBOMs');
      worker = queue.work(sbomJobKind, { concurrency: config.scanConcurrency }, (job) =>
        carryOut({ ...ports, scratchRoot, metrics }, job),
      );
    },
    stop: async () => worker?.close(config.shutdownTimeout),
    notReady: () => queue.notReady(),
  };
}

type Parts = Omit<WorkerPorts, 'metrics'> & { readonly scratchRoot: string; readonly metrics: WorkerMetrics };

async function carryOut(parts: Parts, job: RunningJob): Promise<JsonValue> {
  const { owner, clock, metrics } = parts;
  const payload = SbomJob.safeParse(job.payload);
  if (!payload.success) throw fail('SBOM_JOB_INVALID');
  const { order: id, ...scan } = payload.data;
  const logger = parts.logger.child({ order: id, ...scan });
  const startedAt = clock.now();
  const order = await owner.order(id, job.signal);
  if (order === undefined) {
    logger.info({}, 'nobody waits for this SBOM any more');
    return { outcome: 'unwanted' };
  }
  const outcome = await make({ ...parts, logger }, { id, order }, job.signal);
  const seconds = (clock.now() - startedAt) / 1000;
  metrics.ended(outcome, seconds);
  logger.info({ outcome, seconds }, 'order for an SBOM ended');
  return { outcome };
}

interface Work {
  readonly id: string;
  readonly order: SbomOrder;
}

/** What the owner was told, or `unwanted` if it wanted to hear nothing. @throws what is the worker's fault: another one may try */
async function make(
  { sbomEngine, owner, scratchRoot }: Parts,
  { id, order }: Work,
  signal: AbortSignal,
): Promise<string> {
  const { engineVersion, ...asked } = order;
  const lookup = await sbomEngine.status();
  if (lookup.found !== 'found') throw fail('WORKER_WITHOUT_ENGINE', { detail: explainProgram(lookup) });
  if (lookup.version !== engineVersion) throw fail('WORKER_OF_OTHER_VERSION', { own: lookup.version, engineVersion });
  return withScratchDirectory(scratchRoot, async (directory) => {
    const file = join(directory, 'sbom.json');
    const made = await sbomEngine.create({ ...asked, target: file }, signal);
    switch (made.outcome) {
      case 'created':
        return (await owner.bring(id, { file, engineVersion: made.engineVersion }, signal)) ? 'created' : 'unwanted';
      case 'cancelled':
        throw fail('SCAN_INTERRUPTED');
      case 'engineUnavailable':
        throw fail('WORKER_WITHOUT_ENGINE', { detail: explainProgram(made.lookup) });
      default:
        return (await owner.explain(id, made, signal)) ? made.outcome : 'unwanted';
    }
  });
}

interface WorkerMetrics {
  ended(outcome: string, seconds: number): void;
  swept(folders: number): void;
}

function createWorkerMetrics(metrics: Metrics): WorkerMetrics {
  const duration = metrics.histogram({
    name: 'kubevuln_worker_order_duration_seconds',
    help: 'Time from taking an order for an SBOM to its end, by outcome.',
    labelNames: ['outcome'],
    buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
  });
  const sweeps = metrics.counter({
    name: 'kubevuln_temp_dir_sweep_removed_total',
    help: 'Folders of engines that a killed process had left, and that were removed.',
    labelNames: ['component'],
  });
  return {
    ended: (outcome, seconds) => duration.observe({ outcome }, seconds),
    swept: (folders) => sweeps.inc({ component: 'worker' }, folders),
  };
}
