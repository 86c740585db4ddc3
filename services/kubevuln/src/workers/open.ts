import type { SbomEngine, VulnerabilityMatcher } from '@kso/engines';
import { type Clock, type Logger, requireToken, type TokenAuthenticator } from '@kso/kit';
import type { JobQueue } from '@kso/queue';
import type { FastifyInstance } from 'fastify';
import type { KubevulnConfig } from '../config.ts';
import type { ScanMetrics } from '../metrics.ts';
import { boundedMatches, boundedSboms } from './bounded.ts';
import { delegateToWorkers } from './delegating-engine.ts';
import { createSbomOrders } from './orders.ts';
import { workerPaths } from './protocol.ts';
import { registerWorkerRoutes } from './routes.ts';

export interface Engines {
  readonly sbomEngine: SbomEngine;
  readonly matcher: VulnerabilityMatcher;
}

export interface WorkersPorts extends Engines {
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ScanMetrics;
  /** Knows the tokens of workers; without it there are none. */
  readonly workerTokens?: TokenAuthenticator | undefined;
}

/** The engines of the scans, and what stands behind them. */
export interface OpenedWorkers extends Engines {
  /** Scans that run at once. */
  readonly concurrency: number;
  /** Before any other routes: it asks for tokens. */
  register(app: FastifyInstance): void;
}

/** With workers SBOMs are ordered from them, and the engines of this process are kept to `scanConcurrency`. */
export function openWorkers(config: KubevulnConfig, ports: WorkersPorts): OpenedWorkers {
  const { sbomEngine, matcher, metrics, workerTokens } = ports;
  const { workers, scanConcurrency } = config;
  if (workerTokens === undefined) {
    return { sbomEngine, matcher, concurrency: scanConcurrency, register: () => undefined };
  }
  const orders = createSbomOrders(ports.clock);
  return {
    sbomEngine: delegateToWorkers({
      ...ports,
      own: boundedSboms(sbomEngine, scanConcurrency),
      orders,
      takeWithinMs: workers.takeWithin,
      onEnd: metrics.ordered,
    }),
    matcher: boundedMatches(matcher, scanConcurrency),
    concurrency: Math.max(scanConcurrency, workers.inFlight),
    register: (app) => {
      requireToken(app, { authenticator: workerTokens, protects: (path) => path.startsWith(workerPaths) });
      registerWorkerRoutes(app, orders);
    },
  };
}
