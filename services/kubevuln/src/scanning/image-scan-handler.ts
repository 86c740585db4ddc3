import { type Clock, describeError, KsoError, type Logger, redactText, type Tracer } from '@kso/kit';
import type { JobHandler, RunningJob } from '@kso/queue';
import type { CredentialSealer } from '@kso/registry';
import { ImageScanJob, type JsonValue, type RegistryCredentials } from '@kso/wire';
import { fail } from '../errors.ts';
import type { ScanMetrics } from '../metrics.ts';
import { wireReasonOf } from '../report/scan-failure.ts';
import type { Recorder, ScanJob } from '../results/recorder.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { endpointOf } from './endpoint.ts';
import type { Catalogued, ImageEvaluator } from './evaluate-image.ts';
import { type Interrupted, type NotEvaluated, notEvaluated, type ScanOutcome } from './outcome.ts';
import type { ProfileAnswer, ProfileStep } from './profile-step.ts';
import type { RateLimitBreaker } from './rate-limit-breaker.ts';
import type { EvaluateRequest, ScanPhase } from './request.ts';

export interface HandlerOptions {
  readonly evaluator: ImageEvaluator;
  readonly recorder: Recorder;
  readonly profiles: ProfileStep;
  readonly sealer: CredentialSealer;
  readonly breaker: RateLimitBreaker;
  readonly scanTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracer: Tracer;
  readonly metrics: ScanMetrics;
}

/**
 * Runs `image-scan` jobs. A scan without a result is stored as "not evaluated" and ends the job with the reason's error; a job that is
 * interrupted leaves nothing and runs again.
 */
export function createImageScanHandler(options: HandlerOptions): JobHandler {
  return async (running) => {
    const asked = parsePayload(running);
    const { jobId, parentId } = running;
    const deadline = startDeadline(options.scanTimeoutMs, running.signal, options.clock.now);
    const startedAt = options.clock.now();
    const seconds = (): number => (options.clock.now() - startedAt) / 1000;
    try {
      const used = await options.profiles.read(asked, deadline.signal);
      if (used.outcome !== 'known') return withoutImage(options, { running, asked, used, seconds: seconds() });
      const payload = resealed(options.sealer, asked, used.payload);
      const logger = options.logger.child({ jobId, parentId, image: payload.imageTag });
      const job = jobOf(options, running, payload);
      if (payload.registryScan !== undefined) options.recorder.started(job);
      const outcome = await evaluate({ ...options, logger }, { running, payload, deadline, paths: used.paths });
      if (outcome.outcome === 'interrupted') throw fail('SCAN_INTERRUPTED');
      if (outcome.outcome === 'evaluated') await options.recorder.prepare(payload);
      return conclude({ ...options, logger }, { job, outcome, seconds: seconds() });
    } finally {
      deadline.release();
    }
  };
}

function parsePayload(running: RunningJob): ImageScanJob {
  const parsed = ImageScanJob.safeParse(running.payload);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fail('IMAGE_SCAN_INVALID', { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
}

/** Logins that came with a profile were sealed before anybody knew for which image. */
function resealed(sealer: CredentialSealer, asked: ImageScanJob, payload: ImageScanJob): ImageScanJob {
  const { sealedCredentials } = asked;
  if (sealedCredentials === undefined || payload.imageTag === asked.imageTag) return payload;
  const credentials = sealer.open(sealedCredentials, asked.imageTag);
  // Sealed with another key: whoever opens it says so.
  return credentials === undefined
    ? payload
    : { ...payload, sealedCredentials: sealer.seal(credentials, payload.imageTag) };
}

/** The job as it may be written down: logins that came in the clear are sealed. */
function jobOf({ sealer, tracer }: HandlerOptions, running: RunningJob, payload: ImageScanJob): ScanJob {
  const { jobId, parentId } = running;
  // Delivery goes on with the span of this run.
  const traceparent = tracer.current() ?? running.traceparent;
  const { credentialsList, ...rest } = payload;
  if (credentialsList === undefined || credentialsList.length === 0) {
    return { payload: rest, jobId, parentId, traceparent };
  }
  const sealedCredentials = sealer.seal(credentialsList, payload.imageTag);
  return { payload: { ...rest, sealedCredentials }, jobId, parentId, traceparent };
}

interface Scan {
  readonly running: RunningJob;
  readonly payload: ImageScanJob;
  readonly deadline: Deadline;
  /** Files that the container uses, of a scan by profile. */
  readonly paths?: readonly string[] | undefined;
}

type Outcome = ScanOutcome | Pick<Catalogued, 'outcome' | 'image'>;

interface WithoutImage {
  readonly running: RunningJob;
  readonly asked: ImageScanJob;
  readonly used: Exclude<ProfileAnswer, { outcome: 'known' }>;
  readonly seconds: number;
}

/** There is no image to say anything about: the profile is missing, or does not say enough yet. */
function withoutImage({ logger, metrics }: HandlerOptions, { running, asked, used, seconds }: WithoutImage): JsonValue {
  const { jobId, parentId } = running;
  const { name, namespace } = asked.profile ?? {};
  const { outcome, detail } = used;
  logger.info({ jobId, parentId, profile: `${namespace}/${name}`, outcome, detail }, 'no scan by profile');
  // The container has to be restarted, and its next profile starts the next scan (kubevuln.md 1.8).
  if (outcome === 'partial') {
    metrics.completed('scanCP', 'partial', 'none', seconds);
    return { image: '', findings: 0, bySeverity: {}, packages: 0, notEvaluated: { reason: 'partial', detail } };
  }
  metrics.completed('scanCP', 'error', 'unexpected_error', seconds);
  throw fail('UNEXPECTED_ERROR', { reason: 'profile', detail });
}

async function evaluate(options: HandlerOptions, scan: Scan): Promise<Outcome> {
  const { running, payload, deadline } = scan;
  const credentials = credentialsOf(options.sealer, payload);
  if (credentials === undefined) {
    return notEvaluated('credentialsUnreadable', 'the logins of the job were sealed with another key');
  }
  try {
    const outcome = await answer(options, scan, {
      job: payload,
      origin: running,
      credentials,
      deadline,
      signal: deadline.signal,
      remainingMs: () => deadline.remainingMs(),
      onPhase: (phase) => reportPhase(running, phase, options.logger),
    });
    if (outcome.outcome === 'notEvaluated' && outcome.reason === 'rateLimited')
      options.breaker.trip(payload, credentials);
    return outcome.outcome === 'interrupted' ? whyInterrupted(deadline) : outcome;
  } catch (error) {
    if (deadline.signal.aborted) return whyInterrupted(deadline);
    // What is worth another attempt is the queue's; anything else is an image without a result, and must not look like one never asked for.
    if (error instanceof KsoError && error.retryable) throw error;
    options.logger.error({ err: error }, 'image scan broke');
    return notEvaluated('unexpected', redactText(describeError(error)).slice(0, maxDetailCharacters));
  }
}

/** What is asked of the engines: an SBOM alone, the findings, or these and which of them are in packages that are used. */
async function answer(
  { evaluator, profiles }: HandlerOptions,
  { payload, paths }: Scan,
  request: EvaluateRequest,
): Promise<Outcome> {
  if (payload.onlySbom === true) return evaluator.catalogue(request);
  if (paths !== undefined) {
    const catalogued = await evaluator.catalogue(request);
    if (catalogued.outcome !== 'catalogued') return catalogued;
    await profiles.keep(payload, catalogued, paths);
  }
  return evaluator.evaluate(request);
}

const maxDetailCharacters = 2000;

/** For whoever looks only: a scan does not end because nobody could be told how far it is. */
async function reportPhase(running: RunningJob, phase: ScanPhase, logger: Logger): Promise<void> {
  try {
    await running.report({ phase });
  } catch (error) {
    logger.debug({ err: error, phase }, 'the phase of a scan could not be told');
  }
}

/** An abort is the job's end, or the deadline's: the second is a result. */
function whyInterrupted(deadline: Deadline): NotEvaluated | Interrupted {
  return deadline.expired
    ? notEvaluated('timedOut', 'timeout while waiting for the registry')
    : { outcome: 'interrupted' };
}

function credentialsOf(sealer: CredentialSealer, payload: ImageScanJob): RegistryCredentials[] | undefined {
  const { sealedCredentials, credentialsList = [], imageTag } = payload;
  return sealedCredentials === undefined ? credentialsList : sealer.open(sealedCredentials, imageTag);
}

interface Conclusion {
  readonly job: ScanJob;
  readonly outcome: Exclude<Outcome, { outcome: 'interrupted' }>;
  readonly seconds: number;
}

function conclude(options: HandlerOptions, { job, outcome, seconds }: Conclusion): JsonValue {
  const { recorder, logger, metrics } = options;
  const endpoint = endpointOf(job.payload);
  if (outcome.outcome === 'catalogued') {
    const { digest } = outcome.image;
    metrics.completed(endpoint, 'success', 'none', seconds);
    logger.info({ digest, seconds }, 'SBOM made');
    return { image: job.payload.imageTag, findings: 0, bySeverity: {}, packages: 0, digest };
  }
  if (outcome.outcome === 'evaluated') {
    const result = recorder.evaluated(job, outcome.matches);
    metrics.completed(endpoint, 'success', 'none', seconds);
    logger.info({ image: result.image, findings: result.findings, seconds }, 'image scanned');
    return result as unknown as JsonValue;
  }
  const result = recorder.notEvaluated(job, outcome);
  const { reason, detail } = outcome;
  metrics.source.classified(reason);
  logger.warn({ reason, detail, seconds }, 'image not evaluated');
  // Nobody did anything wrong: the image is for other machines (B25).
  if (reason === 'platformNotSupported') {
    metrics.completed(endpoint, 'success', 'none', seconds);
    return result as unknown as JsonValue;
  }
  metrics.completed(endpoint, 'error', wireReasonOf(reason), seconds);
  throw errorOf(outcome);
}

function errorOf({ reason, detail }: NotEvaluated) {
  const code = wireReasonOf(reason).toUpperCase() as Uppercase<ReturnType<typeof wireReasonOf>>;
  return fail(code, { reason, detail });
}
