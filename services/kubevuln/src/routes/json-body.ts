import type { FastifyInstance } from 'fastify';

/** Clients send JSON under any media type, and what is no JSON gets upstream's answer and not fastify's: the body is then undefined. */
export function takeAnyBodyAsJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => {
    parsed(null, parseJson(String(body)));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
