import { randomUUID } from 'node:crypto';
import { imageScanJobKey } from '@kso/domain';
import type { Logger } from '@kso/kit';
import type { JobQueue } from '@kso/queue';
import type { CredentialSealer } from '@kso/registry';
import { type ImageScanJob, imageScanKind, type JsonObject } from '@kso/wire';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ScanMetrics } from '../metrics.ts';
import type { RateLimitBreaker } from '../scanning/rate-limit-breaker.ts';
import type { JobAliases } from './job-aliases.ts';
import { takeAnyBodyAsJson } from './json-body.ts';
import { sendUpstreamProblem } from './problem.ts';
import { readScanImageBody, readScanOptions, type ScanImageBody } from './scan-image-body.ts';
import { type ScanRoute, scanRoutes } from './scan-requests.ts';

export interface ScanRouteOptions {
  readonly queue: JobQueue;
  readonly sealer: CredentialSealer;
  readonly breaker: RateLimitBreaker;
  readonly aliases: JobAliases;
  readonly metrics: ScanMetrics;
  readonly logger: Logger;
  /** 0: no limit. */
  readonly maxQueueDepth: number;
}

/** The routes that accept a scan and answer before it runs (kubevuln.md 1.1 to 1.5). */
export function registerScanRoutes(app: FastifyInstance, options: ScanRouteOptions): void {
  app.register((scope, _options, done) => {
    takeAnyBodyAsJson(scope);
    for (const route of scanRoutes) {
      for (const path of route.paths) scope.post(path, (request, reply) => accept(options, route, request, reply));
    }
    done();
  });
}

async function accept(
  options: ScanRouteOptions,
  route: ScanRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { metrics } = options;
  const { endpoint } = route;
  const read = readScanImageBody(request.body);
  if (!read.ok) {
    metrics.rejected(endpoint, 'invalid_request');
    // Upstream gives no reason for this one (kubevuln.md 1.3): the log has it under the request id of the answer.
    request.log.warn({ problem: read.problem }, 'a body that is no image scan was refused');
    return sendUpstreamProblem(reply, 400);
  }
  const { body } = read;
  const { detail, problem, namesImage, job } = route.read(body);
  if (problem !== undefined) {
    metrics.rejected(endpoint, 'invalid_request');
    options.logger.warn({ problem, jobId: body.jobID }, 'image scan refused');
    return sendUpstreamProblem(reply, 400, detail);
  }
  if (namesImage && options.breaker.isOpen(body, body.credentialsList ?? [])) {
    metrics.rejected(endpoint, 'too_many_requests');
    return sendUpstreamProblem(reply, 429, detail, options.breaker.retryAfterSeconds(body, body.credentialsList ?? []));
  }
  if (await isFull(options)) {
    metrics.rejected(endpoint, 'queue_full');
    return sendUpstreamProblem(reply, 503, detail, retryWhenFullSeconds);
  }
  await enqueue(options, body, job);
  return sendUpstreamProblem(reply, 200, detail);
}

/** A scan takes seconds to minutes. */
const retryWhenFullSeconds = 10;

async function isFull({ queue, maxQueueDepth }: ScanRouteOptions): Promise<boolean> {
  if (maxQueueDepth === 0) return false;
  const { waiting, delayed, active } = await queue.counts(imageScanKind);
  return waiting + delayed + active >= maxQueueDepth;
}

async function enqueue(options: ScanRouteOptions, body: ScanImageBody, special: Partial<ImageScanJob>): Promise<void> {
  const jobId = body.jobID === '' ? randomUUID() : body.jobID;
  const payload = { ...jobOf(options, body), ...special };
  const key = imageScanJobKey(payload);
  const { outcome } = await options.queue.add({
    kind: imageScanKind,
    key,
    payload: payload as unknown as JsonObject,
    priority: 'onDemand',
    jobId,
    ...(body.parentJobID === '' ? {} : { parentId: body.parentJobID }),
  });
  // A job that joined another one is found under its own id as well.
  options.aliases.add(jobId, key);
  const { imageTag, wlid, parentJobID } = body;
  options.logger.info({ jobId, parentId: parentJobID, image: imageTag, wlid, outcome }, 'image scan accepted');
}

function jobOf({ sealer, logger }: ScanRouteOptions, body: ScanImageBody): ImageScanJob {
  const { imageTag, imageHash, wlid, containerName, instanceID, credentialsList, jobID } = body;
  const { ignored, ...scanOptions } = readScanOptions(body.args);
  if (ignored.length > 0) logger.warn({ jobId: jobID, ignored }, 'options of a wrong type are ignored');
  const credentials = credentialsList ?? [];
  return {
    imageTag,
    imageHash,
    wlid,
    containerName,
    ...(instanceID === '' ? {} : { instanceID }),
    ...scanOptions,
    // The queue writes its jobs down: no login goes there in the clear.
    ...(credentials.length === 0 ? {} : { sealedCredentials: sealer.seal(credentials, imageTag) }),
    sessionJobIds: body.session?.jobIDs ?? [],
    actionIDN: body.actionIDN ?? 0,
  };
}
