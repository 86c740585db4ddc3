import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { KsoError } from '../errors.ts';
import type { BasePorts } from '../ports.ts';

/** RFC 9457. `code` is the stable code of our error tables. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: string;
  readonly requestId: string;
}

/** What clients are asked to wait when a service lacks something that may be back at any time, such as Redis. */
const retryAfterSeconds = 5;

/** Answers errors and unknown paths with `application/problem+json`. Routes of foreign formats answer their own errors themselves. */
export function installProblems(app: FastifyInstance, ports: BasePorts): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, code, title, detail } = classify(error);
    if (isOutage(error) && !reply.hasHeader('retry-after')) void reply.header('retry-after', String(retryAfterSeconds));
    if (status >= 500) ports.logger.error({ err: error, requestId: request.id }, 'request failed');
    return sendProblem(request, reply, { status, code, title, ...(detail === undefined ? {} : { detail }) });
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, { status: 404, code: 'NOT_FOUND', title: 'no such path' }),
  );
}

/** Sends one problem; for handlers that answer an expected failure. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: { status: number; code: string; title: string; detail?: string },
): FastifyReply {
  const { code, title, status, detail } = problem;
  const body: Problem = {
    type: `urn:kso:error:${code}`,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    code,
    requestId: request.id,
  };
  return reply.code(status).type('application/problem+json').send(body);
}

interface Classified {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
}

function classify(error: unknown): Classified {
  if (error instanceof KsoError) {
    return { status: error.httpStatus, code: error.code, title: error.message };
  }
  const status = property(error, 'statusCode');
  // What fastify itself refuses: broken JSON, too large, wrong media type. Its texts are constant and meant for clients.
  if (error instanceof Error && typeof status === 'number' && status >= 400 && status < 500) {
    const code = property(error, 'code');
    return { status, code: typeof code === 'string' ? code : 'BAD_REQUEST', title: error.message };
  }
  // Nobody outside learns what broke; the log has it under the same request id.
  return { status: 500, code: 'INTERNAL', title: 'internal error' };
}

/** Something that we need is away for now. */
function isOutage(error: unknown): boolean {
  return error instanceof KsoError && error.httpStatus === 503 && error.retryable;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
