import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BasePorts } from '../ports.ts';
import { validTraceparent } from '../traceparent.ts';

/** Probes and scrapes come every few seconds: their lines are for debugging only, and they get no span. */
const quietPaths = new Set(['/v1/liveness', '/v1/readiness', '/livez', '/readyz', '/metrics', '/health', '/healthz']);

/** The client's id if it is harmless, else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{8,64}$/.test(given) ? given : randomUUID();
}

/** One line per request when it has ended, and a server span around it whose parent is the client's `traceparent`. */
export function installRequestLog(app: FastifyInstance, ports: BasePorts & { readonly name: string }): void {
  const duration = ports.metrics.histogram({
    name: 'kso_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer.',
    labelNames: ['server', 'method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2, 10, 60],
  });

  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    if (quietPaths.has(request.routeOptions.url ?? '')) return done();
    const name = `${request.method} ${routeOf(request)}`;
    const options = {
      kind: 'server' as const,
      parent: validTraceparent(request.headers['traceparent']),
      attributes: { 'http.request.method': request.method, 'http.route': routeOf(request), 'kso.server': ports.name },
    };
    // The rest of the request runs inside of `done`, hence in the span's async context.
    ports.tracer.span(name, options, () => runRequest(reply, done, ports)).catch(() => undefined);
  });

  app.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request);
    duration.observe(
      { server: ports.name, method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    );
    const line = { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
    request.log[quietPaths.has(route) ? 'debug' : 'info'](line, 'request');
    done();
  });
}

/** Settles when the answer is out; rejects for a server error so that the span shows it. */
function runRequest(reply: FastifyReply, proceed: () => void, ports: BasePorts): Promise<void> {
  return new Promise((resolve, reject) => {
    finished(reply.raw, () => {
      ports.tracer.annotate?.({ 'http.response.status_code': reply.statusCode });
      if (reply.statusCode >= 500) reject(new Error(`answered ${reply.statusCode}`));
      else resolve();
    });
    proceed();
  });
}

/** The pattern and never the path: paths have no limit and may hold names. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? '(unknown)';
}
