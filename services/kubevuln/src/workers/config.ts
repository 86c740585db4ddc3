import { byteSize, defineConfig, duration, hostPort, httpUrl, port, secret } from '@kso/kit';
import { z } from 'zod';

/** Settings of a worker. What to scan, with which limits and logins, comes with each order. */
export const WorkerConfig = z.strictObject({
  host: z.string().default('127.0.0.1'),
  /** Probes and metrics. */
  healthPort: port().default(8000),
  /** Scratch space: layers and SBOMs of the orders that run. */
  dataDir: z.string().default('/var/lib/kso/kubevuln-worker'),
  /** Kubevuln, the owner: `http://kubevuln:8080`. */
  owner: httpUrl(),
  /** File with the token that is shown to it; a projected one is read anew as it is renewed. */
  tokenFile: z.string(),
  redis: z.strictObject({ address: hostPort(), username: z.string().optional(), password: secret().optional() }),
  /** SBOMs that are made at once. */
  scanConcurrency: z.coerce.number().int().min(1).max(64).default(1),
  /** Hard limit of one engine process, where the system has one. */
  engineMemory: byteSize().default(2048 * 1024 * 1024),
  /** Also take over packages out of SBOM files that lie in images; kubevuln needs the same. */
  embeddedSboms: z.stringbool().or(z.boolean()).default(false),
  syft: z.string().optional(),
  shutdownTimeout: duration().prefault('20s'),
});
export type WorkerConfig = z.output<typeof WorkerConfig>;

export const workerConfig = defineConfig({
  service: 'kubevuln-worker',
  prefix: 'KSO_KUBEVULN_WORKER',
  schema: WorkerConfig,
});
