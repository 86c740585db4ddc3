import { z } from 'zod';

/** Between kubevuln, the owner of all results, and its workers (docs/adr/0012-workers-of-image-scans.md). */

/** Kind of the jobs that workers take from the queue. */
export const sbomJobKind = 'image-sbom';

/** Everything below it is for workers only: orders carry logins of registries. */
export const workerPaths = '/v1/workers/';
export const orderPath = `${workerPaths}orders/:id`;
export const orderSbomPath = `${orderPath}/sbom`;
export const orderFailurePath = `${orderPath}/failure`;

/** Media type of an SBOM in Syft's JSON format. */
export const sbomMediaType = 'application/vnd.syft+json';

/** Payload of a job: nothing secret, since it is written down. */
export const SbomJob = z.object({
  /** The order, to be had from the owner. */
  order: z.uuid(),
  /** For logs: what is scanned, and whose scan it is. The job itself goes by an id of its own. */
  image: z.string(),
  jobId: z.string().optional(),
  parentId: z.string().optional(),
});
export type SbomJob = z.infer<typeof SbomJob>;

/** What a worker is to do, as the owner tells it. */
export const SbomOrder = z.object({
  source: z.object({
    type: z.literal('registry'),
    reference: z.string(),
    credentials: z.array(
      z.object({
        authority: z.string(),
        username: z.string().optional(),
        password: z.string().optional(),
        token: z.string().optional(),
      }),
    ),
    plainHttp: z.boolean(),
    skipTlsVerify: z.boolean(),
  }),
  /** SBOMs are kept by the version of Syft that made them: a worker with another one leaves the order alone. */
  engineVersion: z.string(),
  /** What is left of the scan's time. */
  timeoutMs: z.number().int().positive(),
  maxImageBytes: z.number().int().positive(),
  maxSbomBytes: z.number().int().positive(),
});
export type SbomOrder = z.infer<typeof SbomOrder>;

const limit = z.object({ outcome: z.enum(['imageTooLarge', 'sbomTooLarge']), limitBytes: z.number() });
const detailed = z.object({
  outcome: z.enum([
    'unauthorized',
    'manifestUnknown',
    'platformNotSupported',
    'schemaNotSupported',
    'rateLimited',
    'failed',
  ]),
  detail: z.string().max(10_000),
});

/** Why there is no SBOM: what is expected to happen to an image, and nothing that is the worker's own. */
export const SbomFailure = z.discriminatedUnion('outcome', [
  limit,
  detailed,
  z.object({
    outcome: z.literal('timedOut'),
    phase: z.enum(['pulling', 'cataloguing']),
    timeoutMs: z.number(),
  }),
  z.object({ outcome: z.literal('outOfMemory'), limitBytes: z.number().optional() }),
]);
export type SbomFailure = z.infer<typeof SbomFailure>;
