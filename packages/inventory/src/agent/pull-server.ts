import {
  type BasePorts,
  configuredTokens,
  createHttpServer,
  type HttpServer,
  requireToken,
  type Secret,
} from '@kso/kit';
import { renderInventory } from '../documents/render.ts';
import type { ClusterInventory } from '../model.ts';

export interface PullServerOptions extends BasePorts {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly token: Secret;
  readonly current: () => ClusterInventory | undefined;
}

/** Path of the agentless form: whoever keeps inventories asks for ours. `format` = `k8s-inventory` (default) or `kai`. */
export const pullPath = '/v1/inventory';

/** Answers with the newest inventory; 503 before there is one. */
export function createPullServer(options: PullServerOptions): HttpServer {
  const server = createHttpServer({ ...options, name: 'inventory' });
  const { app } = server;
  requireToken(app, {
    authenticator: configuredTokens([options.token], 'inventory reader'),
    protects: () => true,
  });
  app.get(pullPath, (request, reply) => {
    const { format } = request.query as { format?: unknown };
    const inventory = options.current();
    void reply.header('cache-control', 'no-store');
    if (inventory === undefined)
      return reply.code(503).header('retry-after', '5').type('text/plain').send('no inventory was taken yet\n');
    return reply
      .type('application/json')
      .send(renderInventory(inventory, { output: 'ndjson', format: format === 'kai' ? 'kai' : 'k8s-inventory' }));
  });
  return server;
}
