import type { FastifyInstance } from 'fastify';
import { sendEnvelope } from './envelope.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = (typeof methods)[number];

/** Answers every other method of these paths with 405 and the ones that there are (scanner.md 2.10). */
export function refuseOtherMethods(app: FastifyInstance, allowed: Readonly<Record<string, readonly Method[]>>): void {
  for (const [url, known] of Object.entries(allowed)) {
    const others = methods.filter((method) => !known.includes(method));
    app.route({
      method: others,
      url,
      handler: (_request, reply) =>
        sendEnvelope(reply.header('allow', known.join(', ')), 405, {
          id: '',
          type: 'error',
          response: `only ${known.join(' and ')} here`,
        }),
    });
  }
}
