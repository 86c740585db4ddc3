import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { describeError, KsoError, type Logger } from '@kso/kit';
import type { JobQueue } from '@kso/queue';
import { PostureScanRequest } from '@kso/wire';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { fail } from '../errors.ts';
import type { ScanEnd } from '../jobs/posture-job.ts';
import { checkCapacity, checkRequest, scanJob } from '../jobs/scan-request.ts';
import type { ResultFiles } from '../results/result-files.ts';
import { sendEnvelope } from './envelope.ts';
import { IdQuery, ResultsQuery, readQuery, ScanQuery } from './query.ts';
import type { Scans } from './scans.ts';

export interface RoutePorts {
  readonly queue: JobQueue;
  readonly files: ResultFiles;
  readonly scans: Scans;
  readonly logger: Logger;
  readonly capacity: number;
  readonly requestMaxBytes: number;
  /** Resolves when the scan has ended for good. */
  whenEnded(scanId: string): Promise<ScanEnd>;
  /** A scan that waited was cancelled: it will never run and so never end by itself. */
  cancelled(scanId: string): void;
}

/** The routes of scanner.md 2.2: start, watch, cancel and fetch scans. Errors have the envelope that clients know. */
export function registerScanRoutes(app: FastifyInstance, ports: RoutePorts): void {
  const { queue, files, scans, logger, capacity } = ports;
  let latest: string | undefined;

  acceptAnyJson(app, ports.requestMaxBytes);

  app.setErrorHandler((error, _request, reply) => {
    const { status, text } = answerTo(error);
    if (status >= 500) logger.error({ err: error }, 'request failed');
    if (status === 429) void reply.header('retry-after', '1');
    return sendEnvelope(reply, status, { id: '', type: 'error', response: text });
  });

  app.post('/v1/scan', { bodyLimit: ports.requestMaxBytes }, async (request, reply) => {
    const { wait, keep } = readQuery(ScanQuery, request.query);
    const body = PostureScanRequest.safeParse(request.body ?? {});
    if (!body.success) throw fail('BAD_REQUEST', { problem: body.error.issues.map(issueText).join(', ') });
    checkRequest(body.data);
    await checkCapacity(queue, capacity);

    const scanId = randomUUID();
    latest = scanId;
    const ended = wait ? ports.whenEnded(scanId) : undefined;
    await queue.add(scanJob({ scanId, request: body.data, priority: 'onDemand' }));
    if (ended === undefined)
      return sendEnvelope(reply, 200, { id: scanId, type: 'busy', response: 'the scan is in progress' });
    const end = await ended;
    if (!end.ok) return sendEnvelope(reply, 500, { id: scanId, type: 'error', response: describeError(end.error) });
    return sendResult(reply, files, scanId, keep);
  });

  app.delete('/v1/scan', async (request, reply) => {
    const { id = latest } = readQuery(IdQuery, request.query);
    const job = id === undefined ? undefined : await scans.find(id);
    if (id === undefined || job === undefined || !(await queue.cancel(job.key)))
      return sendEnvelope(reply, 404, { id: id ?? '', type: 'error', response: 'no such scan is queued or running' });
    ports.cancelled(id);
    return sendEnvelope(reply, 200, { id, type: 'notBusy', response: 'the scan was cancelled' });
  });

  app.get('/v1/status', async (request, reply) => {
    const { id = latest } = readQuery(IdQuery, request.query);
    if (id === undefined || !(await scans.isBusy(id))) return sendEnvelope(reply, 200, { id: '', type: 'notBusy' });
    return sendEnvelope(reply, 200, { id, type: 'busy', response: id });
  });

  app.get('/v1/results', async (request, reply) => {
    const { id, keep } = readQuery(ResultsQuery, request.query);
    if (id === undefined) throw fail('BAD_REQUEST', { problem: 'id: which scan?' });
    if (await scans.isBusy(id)) return sendEnvelope(reply, 200, { id, type: 'busy', response: id });
    return sendResult(reply, files, id, keep);
  });

  app.delete('/v1/results', async (request, reply) => {
    const { id, all } = readQuery(ResultsQuery, request.query);
    if (all && (await scans.anyBusy())) throw fail('BAD_REQUEST', { problem: 'a scan is queued or running' });
    if (all) files.deleteAll();
    else if (id !== undefined) files.delete(id);
    else throw fail('BAD_REQUEST', { problem: 'id: which result?' });
    return reply.code(200).send();
  });
}

/** Bodies are JSON whatever their media type says, and may be empty, as clients of the existing product send them. */
function acceptAnyJson(app: FastifyInstance, bodyLimit: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_request, body, done) => {
    if (body.length === 0) return done(null, {});
    try {
      done(null, JSON.parse(body.toString()));
    } catch (error) {
      done(fail('BAD_REQUEST', { problem: 'the body is no JSON' }, error));
    }
  });
}

/** Streams the report within its envelope; read once unless it is to be kept. */
function sendResult(reply: FastifyReply, files: ResultFiles, scanId: string, keep: boolean): FastifyReply {
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

function answerTo(error: unknown): { status: number; text: string } {
  if (error instanceof KsoError) return { status: error.httpStatus, text: error.message };
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  // What the HTTP layer refuses (no JSON, too large) has a constant text; what broke inside stays inside.
  if (status >= 400 && status < 500 && error instanceof Error) return { status, text: error.message };
  return { status: 500, text: 'internal error' };
}

function issueText({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  return `${path.map(String).join('.') || 'body'}: ${message}`;
}
