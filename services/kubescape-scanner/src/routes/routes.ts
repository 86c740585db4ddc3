import { randomUUID } from 'node:crypto';
import { describeError, KsoError, type Logger, serveApiDocument } from '@kso/kit';
import type { JobQueue } from '@kso/queue';
import { PostureScanRequest } from '@kso/wire';
import type { FastifyInstance } from 'fastify';
import { readCallbackUrl } from '../callback/callback.ts';
import { fail } from '../errors.ts';
import type { ScanEnd } from '../jobs/posture-job.ts';
import { checkCapacity, scanJob } from '../jobs/scan-request.ts';
import { metricsText, selectFrameworks } from '../metrics/live-metrics.ts';
import type { PostureFigures } from '../metrics/posture-figures.ts';
import type { ResultFiles } from '../results/result-files.ts';
import { sendEnvelope } from './envelope.ts';
import { refuseOtherMethods } from './methods.ts';
import { openApiDocument } from './openapi.ts';
import { IdQuery, MetricsQuery, ResultsQuery, readQuery, ScanQuery } from './query.ts';
import type { Scans } from './scans.ts';
import { sendResult } from './send-result.ts';

export interface RoutePorts {
  readonly queue: JobQueue;
  readonly files: ResultFiles;
  readonly scans: Scans;
  readonly logger: Logger;
  readonly capacity: number;
  readonly requestMaxBytes: number;
  /** Results are found without an id, and then kept (scanner.md 2.7). */
  readonly offline: boolean;
  readonly callbacks: boolean;
  /** @throws UNKNOWN_TARGETS, BAD_REQUEST and others for a request that can be seen to be wrong */
  checkRequest(request: PostureScanRequest): void;
  /** Resolves when the scan has ended for good. */
  whenEnded(scanId: string): Promise<ScanEnd>;
  /** A scan that waited was cancelled: it will never run and so never end by itself. */
  cancelled(scanId: string): void;
  /** The state of the cluster, undefined before the first evaluation. */
  figures(): Promise<PostureFigures | undefined>;
}

/** The routes of scanner.md 2.2: start, watch, cancel and fetch scans. Errors have the envelope that clients know. */
export function registerScanRoutes(app: FastifyInstance, ports: RoutePorts): void {
  acceptAnyJson(app, ports.requestMaxBytes);
  app.setErrorHandler((error, _request, reply) => {
    const { status, text } = answerTo(error);
    if (status >= 500) ports.logger.error({ err: error }, 'request failed');
    if (status === 429) void reply.header('retry-after', '1');
    return sendEnvelope(reply, status, { id: '', type: 'error', response: text });
  });
  registerScans(app, ports);
  registerResults(app, ports);
  registerMetrics(app, ports);
  serveApiDocument(app, openApiDocument);
  refuseOtherMethods(app, {
    '/v1/scan': ['POST', 'DELETE'],
    '/v1/status': ['GET'],
    '/v1/results': ['GET', 'DELETE'],
    '/v1/metrics': ['GET'],
  });
}

function registerScans(app: FastifyInstance, ports: RoutePorts): void {
  const { queue, files, scans } = ports;

  app.post('/v1/scan', { bodyLimit: ports.requestMaxBytes }, async (request, reply) => {
    const { wait, keep, callback } = readQuery(ScanQuery, request.query);
    if (callback !== '' && !ports.callbacks)
      throw fail('BAD_REQUEST', { problem: 'callback: callbacks are not enabled' });
    const url = callback === '' ? undefined : readCallbackUrl(callback).href;
    const body = PostureScanRequest.safeParse(request.body ?? {});
    if (!body.success) throw fail('BAD_REQUEST', { problem: body.error.issues.map(issueText).join(', ') });
    ports.checkRequest(body.data);
    await checkCapacity(queue, ports.capacity);

    const scanId = randomUUID();
    scans.started(scanId);
    const ended = wait ? ports.whenEnded(scanId) : undefined;
    await queue.add(scanJob({ scanId, request: body.data, priority: 'onDemand', callback: url }));
    if (ended === undefined)
      return sendEnvelope(reply, 200, { id: scanId, type: 'busy', response: 'the scan is in progress' });
    const end = await ended;
    if (end.ok) return sendResult(reply, files, scanId, keep);
    return sendEnvelope(reply, 500, { id: scanId, type: 'error', response: describeError(end.error) });
  });

  app.delete('/v1/scan', async (request, reply) => {
    const { id = await scans.latest() } = readQuery(IdQuery, request.query);
    const job = id === undefined ? undefined : await scans.find(id);
    if (id === undefined || job === undefined || !(await queue.cancel(job.key)))
      return sendEnvelope(reply, 404, { id: id ?? '', type: 'error', response: 'no such scan is queued or running' });
    ports.cancelled(id);
    return sendEnvelope(reply, 200, { id, type: 'notBusy', response: 'the scan was cancelled' });
  });

  app.get('/v1/status', async (request, reply) => {
    const { id = await scans.latest() } = readQuery(IdQuery, request.query);
    if (id === undefined || !(await scans.isBusy(id))) return sendEnvelope(reply, 200, { id: '', type: 'notBusy' });
    return sendEnvelope(reply, 200, { id, type: 'busy', response: id });
  });
}

function registerResults(app: FastifyInstance, { files, scans, offline }: RoutePorts): void {
  app.get('/v1/results', async (request, reply) => {
    const { id: named, keep } = readQuery(ResultsQuery, request.query);
    const id = named ?? (offline ? ((await scans.latest()) ?? files.newest()) : undefined);
    if (id === undefined) throw fail('BAD_REQUEST', { problem: offline ? 'no scan yet' : 'id: which scan?' });
    if (await scans.isBusy(id)) return sendEnvelope(reply, 200, { id, type: 'busy', response: id });
    return sendResult(reply, files, id, keep || named === undefined);
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

function registerMetrics(app: FastifyInstance, { figures }: RoutePorts): void {
  app.get('/v1/metrics', async (request, reply) => {
    const { frameworks } = readQuery(MetricsQuery, request.query);
    const known = await figures();
    if (known === undefined) throw fail('NOT_EVALUATED_YET');
    const selected = selectFrameworks(known, frameworks);
    if (!selected.ok) throw fail('UNKNOWN_TARGETS', { unknown: selected.unknown });
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metricsText(selected.figures));
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
