import { createHash } from 'node:crypto';
import type { BasePorts } from '@kso/kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessControl } from '../access/access-control.ts';
import { fail } from '../errors.ts';
import { ownerOf } from '../inventory/owner.ts';
import { anchoreRoutes, type Change, type Ingest, type IngestOutcome, type RouteName, routes } from './port.ts';

export interface IngestRouteOptions extends BasePorts {
  readonly ingest: Ingest;
  readonly access: AccessControl;
  readonly reportLimit: number;
  readonly onChange: (change: Change) => void;
}

/** The routes that senders post to (docs/reference/cloud-endpoint-api.md). Bodies stay bytes here; the ingest reads them. */
export function registerIngestRoutes(app: FastifyInstance, options: IngestRouteOptions): void {
  const { ingest, access, reportLimit } = options;
  const received = options.metrics.counter({
    name: 'kso_endpoint_reports_total',
    help: 'Reports by route and what became of them',
    labelNames: ['route', 'outcome'],
  });

  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    // Some senders name no content type.
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: reportLimit }, (_request, body, parsed) =>
      parsed(null, body),
    );
    for (const route of Object.keys(routes) as RouteName[]) {
      const isAnchore = anchoreRoutes.has(route);
      const accountOf = (request: FastifyRequest): string =>
        (isAnchore ? access.reader(request) : access.sender(request)).account;
      const onRequest = (request: FastifyRequest, _reply: FastifyReply, next: () => void): void => {
        accountOf(request);
        next();
      };
      scope.post(routes[route], { bodyLimit: reportLimit, onRequest }, async (request, reply) => {
        const account = accountOf(request);
        const outcome = await ingest.receive({
          route,
          account,
          idempotencyKey: keyOf(header(request, 'idempotency-key')),
          parameters: isAnchore ? anchoreParameters(request, account) : parametersOf(request),
          encoding: header(request, 'content-encoding')?.trim().toLowerCase() ?? '',
          body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        });
        received.inc({ route, outcome: outcome.kind });
        return send(outcome, request, reply);
      });
    }
    done();
  });

  const send = (outcome: IngestOutcome, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    switch (outcome.kind) {
      case 'stored':
      case 'repeated':
        for (const change of outcome.changes) options.onChange(change);
        void reply.header('idempotent-replayed', String(outcome.kind === 'repeated'));
        return reply.type(outcome.answer.startsWith('{') ? 'application/json' : 'text/plain').send(outcome.answer);
      case 'invalid':
        throw fail('REPORT_INVALID', { reason: outcome.reason });
      case 'tooLarge':
        throw fail('REPORT_TOO_LARGE', { limit: reportLimit });
      case 'unknownEncoding':
        throw fail('ENCODING_UNKNOWN', { encoding: header(request, 'content-encoding')?.slice(0, 40) ?? '' });
      case 'foreignAccount':
        throw fail('ACCESS_DENIED');
      case 'overloaded':
        void reply.header('retry-after', '1');
        throw fail('BACKLOG_FULL');
      default:
        options.logger.error({ code: outcome.code, reason: outcome.reason }, 'a report could not be stored');
        void reply.header('retry-after', '30');
        throw fail('INGEST_UNAVAILABLE');
    }
  };
}

function anchoreParameters(request: FastifyRequest, account: string): Record<string, string> {
  const { uuid = '' } = request.params as { uuid?: string };
  return { owner: ownerOf(request, account), uuid };
}

/** A parameter that stands there several times is the first one. */
function parametersOf(request: FastifyRequest): Record<string, string> {
  const entries = Object.entries(request.query as Record<string, unknown>);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const first: unknown = Array.isArray(value) ? value[0] : value;
      return typeof first === 'string' ? [[name, first]] : [];
    }),
  );
}

const maxKeyLength = 512;

/** A long key is kept as its hash: cut, two of them might be one. An empty one is none. */
function keyOf(key: string | undefined): string | undefined {
  if (key === undefined || key === '') return undefined;
  if (key.length <= maxKeyLength) return key;
  return `sha256-${createHash('sha256').update(key).digest('hex')}`;
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
