import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';

/**
 * Upstream's answers, the good ones included: RFC 7807 with these members and no others (kubevuln.md 1.3).
 * @param retryAfterSeconds when to ask again, for a refusal that ends by itself
 */
export function sendUpstreamProblem(
  reply: FastifyReply,
  status: number,
  detail?: string,
  retryAfterSeconds?: number,
): FastifyReply {
  const title = STATUS_CODES[status] ?? '';
  const body = detail === undefined ? { status, title } : { detail, status, title };
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  return reply.code(status).type('application/problem+json').send(JSON.stringify(body));
}
