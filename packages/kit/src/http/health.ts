import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics.ts';
import type { BasePorts } from '../ports.ts';
import type { Service } from '../service.ts';
import { createHttpServer } from './server.ts';

export interface HealthOptions {
  /** Asked for their reasons not to be ready. */
  readonly services: readonly Service[];
  readonly metrics: Metrics;
}

/**
 * `GET /v1/liveness`, `/livez`: 200 while the process answers and no service says it is beyond help. `GET /v1/readiness`, `/readyz`: 503 with
 * the reasons, or 200 with what is worth knowing, one line each. `GET /metrics`: Prometheus text; it reads what is known and starts nothing.
 */
export function registerHealth(app: FastifyInstance, options: HealthOptions): void {
  for (const path of ['/v1/liveness', '/livez']) {
    app.get(path, (_request, reply) => {
      const reasons = reasonsOf(options.services, (service) => service.notAlive?.());
      return reply
        .code(reasons.length === 0 ? 200 : 503)
        .type('text/plain')
        .send(reasons.join('\n'));
    });
  }
  for (const path of ['/v1/readiness', '/readyz']) {
    app.get(path, (_request, reply) => {
      const reasons = reasonsOf(options.services, (service) => service.notReady?.());
      const remarks = options.services.flatMap((service) => linesOf(service, service.remarks?.() ?? []));
      return reply
        .code(reasons.length === 0 ? 200 : 503)
        .type('text/plain')
        .send([...reasons, ...remarks].join('\n'));
    });
  }
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics()),
  );
}

function reasonsOf(services: readonly Service[], ask: (service: Service) => string | undefined): string[] {
  return services.flatMap((service) => {
    const reason = ask(service);
    return linesOf(service, reason === undefined ? [] : [reason]);
  });
}

function linesOf({ name }: Service, texts: readonly string[]): string[] {
  return texts.map((text) => `${name}: ${text}`);
}

export interface HealthServerOptions extends BasePorts {
  readonly host: string;
  readonly port: number;
  readonly services: readonly Service[];
}

/** The listener for probes and metrics that every deployable has (port 8000 in a cluster). */
export function createHealthServer(options: HealthServerOptions): Service {
  const server = createHttpServer({ ...options, name: 'health' });
  registerHealth(server.app, options);
  return {
    name: 'health',
    start: async () => {
      await server.start();
    },
    stop: () => server.stop(),
  };
}
