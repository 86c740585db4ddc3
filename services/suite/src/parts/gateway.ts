import { createGateway, type Gateway, gatewayConfig } from '@kso/gateway';
import { readOutgoing } from '@kso/kit';
import { type Context, portsOf } from './context.ts';

/** Routes commands to the operator, as its own master: there is no other cluster here. */
export function startGateway(context: Context, env: NodeJS.ProcessEnv): Promise<Gateway> {
  const { config, stack } = context;
  const settings = gatewayConfig.schema.parse({
    host: config.host,
    websocketPort: config.ports.gatewayWs,
    httpPort: config.ports.gateway,
  });
  const ports = { ...portsOf(context, 'gateway'), outgoing: readOutgoing(env) };
  return stack.start(createGateway(settings, ports), 'gatewayWs', 'gateway');
}
