import { existsSync } from 'node:fs';
import { type Logger, readClusterData, readCredentials, readServices } from '@kso/kit';
import type { GatewayConfig } from './config.ts';

/**
 * Completes the configuration from the files of the charts: the master's address from `clusterData.json` or `services.json`, the key from
 * the mounted credentials (operator-gateway.md 3.1). What is configured directly wins. @throws FILE_MALFORMED, FILE_UNREADABLE, and FILE_MISSING for a clusterData that was named
 */
export function withForeignSettings(config: GatewayConfig, logger: Logger): GatewayConfig {
  const masterUrl = config.masterUrl ?? masterOf(config, logger);
  const masterKey = config.masterKey ?? keyOf(config, logger);
  return {
    ...config,
    ...(masterUrl === undefined ? {} : { masterUrl }),
    ...(masterKey === undefined ? {} : { masterKey }),
  };
}

function masterOf({ clusterDataFile, servicesFile }: GatewayConfig, logger: Logger): string | undefined {
  if (clusterDataFile !== undefined) {
    const { rootGatewayURL } = readClusterData(clusterDataFile);
    if (rootGatewayURL !== undefined) return rootGatewayURL;
  }
  if (servicesFile === undefined) return undefined;
  // Upstream crashes here; without discovery there is simply no master.
  if (!existsSync(servicesFile)) {
    logger.warn({ file: servicesFile }, 'no services file: this gateway is a master');
    return undefined;
  }
  return readServices(servicesFile).gateway;
}

function keyOf(config: GatewayConfig, logger: Logger): GatewayConfig['masterKey'] {
  const { accessKey, problems } = readCredentials(config.credentialsFolder);
  for (const problem of problems) logger.warn({ problem }, 'credentials cannot be read');
  return accessKey;
}
