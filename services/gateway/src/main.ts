import {
  type BasePorts,
  composeServices,
  configuredAccess,
  createHealthServer,
  loadConfig,
  readOutgoing,
  runMain,
  type Service,
  type TokenAccess,
} from '@kso/kit';
import type { OpenTokenAccess } from '@kso/kube';
import { gatewayConfig } from './config.ts';
import { withForeignSettings } from './foreign-settings.ts';
import { createGateway } from './service.ts';

await runMain(
  async (ports) => {
    const { env } = process;
    const { config } = loadConfig(gatewayConfig, { env, logger: ports.logger });
    const access = await openAccess(config.access, env, ports);
    const gateway = createGateway(withForeignSettings(config, ports.logger), {
      ...ports,
      outgoing: readOutgoing(env),
      tokens: access.authenticator,
    });
    const adapters: Service = { name: 'adapters', start: () => Promise.resolve(), stop: () => access.close() };
    const health = createHealthServer({ ...ports, host: config.host, port: config.healthPort, services: [gateway] });
    return composeServices('gateway', [adapters, health, gateway]);
  },
  { service: 'gateway' },
);

/** A gateway is small; it only gets a client of the cluster if the cluster is asked about tokens. */
async function openAccess(access: TokenAccess, env: NodeJS.ProcessEnv, ports: BasePorts): Promise<OpenTokenAccess> {
  if (access.accounts.length === 0) return { authenticator: configuredAccess(access), close: () => Promise.resolve() };
  const { openTokenAccess } = await import('@kso/kube');
  return openTokenAccess(access, { ...ports, env, userAgent: 'kso-gateway' });
}
