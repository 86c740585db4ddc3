import type { IncomingMessage, ServerResponse } from 'node:http';

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function statusObject(
  code: number,
  message: string,
  reason = reasons[code] ?? '',
): Readonly<Record<string, unknown>> {
  const status = code < 400 ? 'Success' : 'Failure';
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status, message, reason, code };
}

export function sendStatus(response: ServerResponse, code: number, message: string, reason?: string): void {
  sendJson(response, code, statusObject(code, message, reason));
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};
