import { createGateway, type Gateway, gatewayConfig } from '@kso/gateway';
import { readOutgoing } from '@kso/kit';
import type { Backend } from './backend.ts';
import { type Context, portsOf } from './context.ts';

export interface GatewayOptions {
  readonly backend: Backend;
  readonly env: NodeJS.ProcessEnv;
}

/** Routes commands to the operator: those of the backend's gateway, or as its own master, as there is no other cluster here. */
export function startGateway(context: Context, { backend, env }: GatewayOptions): Promise<Gateway> {
  const { config, stack } = context;
  const master = backend.gatewayUrl;
  const settings = gatewayConfig.schema.parse({
    host: config.host,
    websocketPort: config.ports.gatewayWs,
    httpPort: config.ports.gateway,
    ...(master === undefined ? {} : { masterUrl: master, masterKey: config.accessKey?.reveal() }),
  });
  const ports = { ...portsOf(context, 'gateway'), outgoing: readOutgoing(env) };
  return stack.start(createGateway(settings, ports), 'gatewayWs', 'gateway');
}
