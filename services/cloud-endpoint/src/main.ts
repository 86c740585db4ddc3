import { composeServices, createHealthServer, loadConfig, runMain } from '@kso/kit';
import { cloudEndpointConfig, createCloudEndpoint } from './service.ts';

await runMain(
  async (ports) => {
    const { config } = loadConfig(cloudEndpointConfig, { env: process.env, logger: ports.logger });
    const endpoint = createCloudEndpoint(config, ports);
    const health = createHealthServer({ host: config.host, port: config.healthPort, services: [endpoint], ...ports });
    return composeServices('cloud-endpoint', [endpoint, health]);
  },
  { service: 'cloud-endpoint' },
);
