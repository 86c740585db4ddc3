import { randomUUID } from 'node:crypto';
import { imageScanJobKey, imageSlug, normalizedImageHash, normalizedImageTag } from '@kso/domain';
import type { Logger } from '@kso/kit';
import type { JobQueue } from '@kso/queue';
import type { CredentialSealer } from '@kso/registry';
import { type ImageScanJob, imageScanKind, type JsonObject } from '@kso/wire';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ScanMetrics } from '../metrics.ts';

import type { RateLimitBreaker } from '../scanning/rate-limit-breaker.ts';
import type { JobAliases } from './job-aliases.ts';
import { sendUpstreamProblem } from './problem.ts';
import { readScanImageBody, readScanOptions, type ScanImageBody } from './scan-image-body.ts';

export interface ScanImageOptions {
  readonly queue: JobQueue;
  readonly sealer: CredentialSealer;
  readonly breaker: RateLimitBreaker;
  readonly aliases: JobAliases;
  readonly metrics: ScanMetrics;
  readonly logger: Logger;
  /** 0: no limit. */
  readonly maxQueueDepth: number;
}

/** `POST /v1/scanImage`: accepts a scan and answers before it runs (kubevuln.md 1.1 to 1.5). */
export function registerScanImage(app: FastifyInstance, options: ScanImageOptions): void {
  app.register((scope, _options, done) => {
    // Clients send JSON under any media type, and what is no JSON gets upstream's answer and not fastify's.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => {
      parsed(null, parseJson(String(body)));
    });
    scope.post('/v1/scanImage', (request, reply) => accept(options, request, reply));
    done();
  });
}

async function accept(options: ScanImageOptions, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { metrics, queue } = options;
  const read = readScanImageBody(request.body);
  if (!read.ok) {
    metrics.rejected('invalid_request');
    // Upstream gives no reason for this one (kubevuln.md 1.3): the log has it under the request id of the answer.
    request.log.warn({ problem: read.problem }, 'a body that is no image scan was refused');
    return sendUpstreamProblem(reply, 400);
  }
  const { body } = read;
  const imageHash = normalizedImageHash(body.imageTag, body.imageHash);
  const detail = `Wlid=${body.wlid}, ImageHash=${imageHash}`;
  const invalid = problemOf(body, imageHash);
  if (invalid !== undefined) {
    metrics.rejected('invalid_request');
    options.logger.warn({ problem: invalid, jobId: body.jobID }, 'image scan refused');
    return sendUpstreamProblem(reply, 400, detail);
  }
  if (options.breaker.isOpen(body, body.credentialsList ?? [])) {
    metrics.rejected('too_many_requests');
    return sendUpstreamProblem(reply, 429, detail);
  }
  if (options.maxQueueDepth > 0) {
    const { waiting, delayed, active } = await queue.counts(imageScanKind);
    if (waiting + delayed + active >= options.maxQueueDepth) {
      metrics.rejected('queue_full');
      return sendUpstreamProblem(reply, 503, detail);
    }
  }
  await enqueue(options, body);
  return sendUpstreamProblem(reply, 200, detail);
}

function problemOf(body: ScanImageBody, imageHash: string): string | undefined {
  if (imageHash === '') return 'no image';
  const slug = imageSlug(normalizedImageTag(body.imageTag), body.imageHash);
  return slug.ok ? undefined : slug.reason;
}

async function enqueue(options: ScanImageOptions, body: ScanImageBody): Promise<void> {
  const jobId = body.jobID === '' ? randomUUID() : body.jobID;
  const payload = jobOf(options, body);
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

function jobOf({ sealer, logger }: ScanImageOptions, body: ScanImageBody): ImageScanJob {
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
