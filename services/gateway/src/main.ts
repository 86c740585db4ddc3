import { composeServices, createHealthServer, loadConfig, readOutgoing, runMain } from '@kso/kit';
import { gatewayConfig } from './config.ts';
import { withForeignSettings } from './foreign-settings.ts';
import { createGateway } from './service.ts';

await runMain(
  async (ports) => {
    const { config } = loadConfig(gatewayConfig, { env: process.env, logger: ports.logger });
    const gateway = createGateway(withForeignSettings(config, ports.logger), {
      ...ports,
      outgoing: readOutgoing(process.env),
    });
    const health = createHealthServer({ ...ports, host: config.host, port: config.healthPort, services: [gateway] });
    return composeServices('gateway', [health, gateway]);
  },
  { service: 'gateway' },
);
