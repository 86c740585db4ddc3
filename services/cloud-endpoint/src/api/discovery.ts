import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface DiscoveryOptions {
  readonly publicUrl: string | undefined;
  readonly gatewayUrl: string | undefined;
}

/**
 * `GET /api/v2/servicediscovery` and v3: where our services are, in the shape that all senders read (operator-gateway.md 5.5, kubevuln.md 2.3).
 * Asked before a sender knows anything, so without a key; it says only what the asker knows already: the address that it asked.
 */
export function registerDiscovery(app: FastifyInstance, options: DiscoveryOptions): void {
  for (const version of ['v2', 'v3'] as const) {
    app.get(`/api/${version}/servicediscovery`, (request) => {
      const base = options.publicUrl ?? addressAsked(request);
      const response = {
        'event-receiver-http': base,
        'event-receiver-ws': base.replace(/^http/, 'ws'),
        'api-server': base,
        metrics: base,
        ...(options.gatewayUrl === undefined ? {} : { gateway: options.gatewayUrl }),
      };
      return { version, response };
    });
  }
}

function addressAsked(request: FastifyRequest): string {
  const host = request.headers.host ?? '';
  const isPlausible = /^[\w.[\]:-]{1,255}$/.test(host);
  return `${request.protocol}://${isPlausible ? host : 'localhost'}`;
}
