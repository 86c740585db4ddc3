import type { JsonValue } from '@kso/wire';
import type { FastifyReply } from 'fastify';

/** Every JSON answer of the scanner (scanner.md 2.3). */
export type EnvelopeType = 'busy' | 'notBusy' | 'v1results' | 'error';

export function sendEnvelope(
  reply: FastifyReply,
  status: number,
  envelope: { readonly id: string; readonly type: EnvelopeType; readonly response?: JsonValue },
): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify(envelope));
}
