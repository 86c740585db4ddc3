import websocket, { type WebSocket } from '@fastify/websocket';
import { sanitizeClusterName } from '@kso/domain';
import type { BasePorts } from '@kso/kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AccessControl } from '../access/access-control.ts';
import { requirePerson } from '../access/person.ts';
import { PageQuery, readQuery } from '../api/query.ts';
import { fail } from '../errors.ts';
import { readClusterReport, reportSections } from './cluster-report.ts';
import type { StateOwner, StateStore } from './state-store.ts';

export interface ClusterReportOptions extends BasePorts {
  readonly access: AccessControl;
  readonly states: StateStore;
  /** Bytes of one report. */
  readonly reportLimit: number;
}

/** Where reporters connect (kollector.md 10). */
export const clusterReportsPath = '/k8s/cluster-reports';
/** A reporter that has said nothing, not even to a ping, for two of these is gone. */
const silenceMs = 60_000;
export const ObjectsQuery = PageQuery.extend({ section: z.enum(reportSections) });

/**
 * `GET /k8s/cluster-reports` (websocket): takes the reports of a cluster, one frame each, and keeps what they say. Of two reporters of one
 * cluster the one whose first report came later counts. Also the part of the own API that shows it.
 */
export function registerClusterReports(app: FastifyInstance, options: ClusterReportOptions): void {
  const { access, states } = options;
  /** The reporter of each cluster. */
  const reporters = new Map<string, WebSocket>();
  const received = options.metrics.counter({
    name: 'kso_endpoint_cluster_reports_total',
    help: 'Reports of clusters by what became of them',
    labelNames: ['outcome'],
  });
  const connected = options.metrics.gauge({
    name: 'kso_endpoint_reporters',
    help: 'Clusters whose reporter is connected',
  });

  void app.register(async (scope) => {
    await scope.register(websocket, { options: { maxPayload: options.reportLimit, perMessageDeflate: false } });
    scope.addHook('onRequest', (request, _reply, next) => {
      access.sender(request);
      next();
    });
    scope.get(clusterReportsPath, { websocket: true }, (socket, request) => take(socket, ownerOf(request, access)));
  });

  const take = (socket: WebSocket, owner: StateOwner) => {
    const logger = options.logger.child({ cluster: owner.cluster });
    const key = keyOf(owner);
    logger.info({}, 'a reporter has connected');
    const stopWatching = closeWhenSilent(socket);
    // Followed by `close`, which says all there is to say.
    socket.on('error', (error) => logger.debug({ err: error }, 'the connection of a reporter failed'));
    socket.on('close', (code) => {
      stopWatching();
      if (reporters.get(key) === socket) reporters.delete(key);
      connected.set(reporters.size);
      logger.info({ code }, 'a reporter has gone');
    });
    socket.on('message', (data) => {
      const outcome = receive(textOf(data), socket, owner);
      received.inc({ outcome });
      if (outcome === 'stored') return;
      logger.warn({ outcome }, 'a report was not taken');
      socket.close(outcome === 'unavailable' ? 1013 : 1008, outcome);
    });
  };

  const receive = (text: string, socket: WebSocket, owner: StateOwner) => {
    const report = readClusterReport(text);
    if (report === undefined) return 'invalid';
    const key = keyOf(owner);
    if (report.isFirst) {
      const before = reporters.get(key);
      reporters.set(key, socket);
      connected.set(reporters.size);
      if (before !== undefined && before !== socket) before.close(1008, 'another reporter has taken over');
    }
    // Changes of something that nobody told us.
    if (reporters.get(key) !== socket) return 'withoutFirstReport';
    if (report.nameless > 0) options.logger.warn({ nameless: report.nameless }, 'entries of a report name no object');
    try {
      states.apply(owner, report, options.clock.now());
      return 'stored';
    } catch (error) {
      options.logger.error({ err: error }, 'a report of a cluster cannot be kept');
      return 'unavailable';
    }
  };

  void app.register((scope, _options, done) => {
    requirePerson(scope, access);
    scope.get('/api/clusters/:cluster/state', (request) => {
      const owner = readerOf(request, access);
      const summary = states.summary(owner);
      if (summary === undefined) throw fail('CLUSTER_UNKNOWN', { cluster: owner.cluster.slice(0, 100) });
      return { isConnected: reporters.has(keyOf(owner)), ...summary };
    });
    scope.get('/api/clusters/:cluster/state/objects', (request) => {
      const { section, limit, after } = readQuery(ObjectsQuery, request.query);
      return states.list(readerOf(request, access), section, { limit, after });
    });
    done();
  });
}

function ownerOf(request: FastifyRequest, access: AccessControl): StateOwner {
  const { clusterName } = request.query as { clusterName?: unknown };
  const cluster = sanitizeClusterName(typeof clusterName === 'string' ? clusterName : '') || 'unnamed';
  return { account: access.sender(request).account, cluster };
}

function readerOf(request: FastifyRequest, access: AccessControl): StateOwner {
  const { cluster } = request.params as { cluster: string };
  return { account: access.reader(request).account, cluster };
}

function keyOf({ account, cluster }: StateOwner): string {
  return JSON.stringify([account, cluster]);
}

function textOf(data: Buffer | ArrayBuffer | readonly Buffer[]): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)).toString('utf8');
}

/** A half-open connection is noticed by nothing else. */
function closeWhenSilent(socket: WebSocket): () => void {
  let isHeard = true;
  const heard = () => {
    isHeard = true;
  };
  for (const event of ['message', 'ping', 'pong']) socket.on(event, heard);
  const timer = setInterval(() => {
    if (!isHeard) {
      socket.terminate();
      return;
    }
    isHeard = false;
    socket.ping();
  }, silenceMs);
  timer.unref();
  return () => clearInterval(timer);
}
