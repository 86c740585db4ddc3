import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { ResultFiles } from '../results/result-files.ts';
import { sendEnvelope } from './envelope.ts';

/** Streams the report within its envelope; read once unless it is to be kept. */
export function sendResult(reply: FastifyReply, files: ResultFiles, scanId: string, keep: boolean): FastifyReply {
  const found = files.find(scanId);
  if (found === undefined) return reply.code(204).send();
  if (found.type === 'failed') {
    if (!keep) files.delete(scanId);
    return sendEnvelope(reply, 500, { id: scanId, type: 'error', response: found.problem });
  }
  const report = found.open();
  const body = new PassThrough();
  body.write(`{"id":"${scanId}","type":"v1results","response":`);
  report.on('error', (error) => body.destroy(error));
  report.on('end', () => body.end('}'));
  report.pipe(body, { end: false });
  // Only what was read to its end is gone: a broken connection leaves the result.
  if (!keep) reply.raw.once('finish', () => files.delete(scanId));
  return reply.code(200).type('application/json').send(body);
}
