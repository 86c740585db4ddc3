import {
  composeServices,
  createHealthServer,
  createHttpClient,
  loadConfig,
  readOutgoing,
  rotatingToken,
  runMain,
  type Service,
} from '@kso/kit';
import { cloudEndpointConfig, createCloudEndpoint, gatewayNotifications } from './service.ts';

await runMain(
  async (ports) => {
    const { config } = loadConfig(cloudEndpointConfig, { env: process.env, logger: ports.logger });
    const { gatewayUrl, key, tokenFile } = config.commands;
    const token = tokenFile === undefined ? undefined : rotatingToken(tokenFile, { clock: ports.clock });
    const http = gatewayUrl === undefined ? undefined : createHttpClient({ outgoing: readOutgoing(process.env) });
    const notifications =
      gatewayUrl === undefined || http === undefined
        ? undefined
        : gatewayNotifications({ url: () => gatewayUrl, key, token, http });
    const endpoint = createCloudEndpoint(config, { ...ports, notifications });
    const adapters: Service = {
      name: 'adapters',
      start: () => Promise.resolve(),
      stop: async () => http?.close(),
    };
    const health = createHealthServer({ host: config.host, port: config.healthPort, services: [endpoint], ...ports });
    return composeServices('cloud-endpoint', [adapters, endpoint, health]);
  },
  { service: 'cloud-endpoint' },
);
