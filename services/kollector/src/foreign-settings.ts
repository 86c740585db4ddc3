import { type Logger, readClusterData, readCredentials } from '@kso/kit';
import type { KollectorConfig } from './config.ts';

/**
 * Completes the configuration from the files of the charts (kollector.md 2): names and addresses from `clusterData.json`, the account
 * from the mounted credentials. What is configured directly wins. @throws FILE_… for a clusterData that was named
 */
export function withForeignSettings(config: KollectorConfig, logger: Logger): KollectorConfig {
  const data = config.clusterDataFile === undefined ? undefined : readClusterData(config.clusterDataFile);
  const credentials = readCredentials(config.credentialsFolder);
  for (const problem of credentials.problems) logger.warn({ problem }, 'credentials cannot be read');
  const clusterName = config.clusterName ?? data?.clusterName;
  const account = config.account ?? credentials.account ?? data?.accountID;
  // The charts name the gateway always; that alone is no reason to go through it.
  const gatewayUrl = config.gatewayUrl ?? (config.route === 'gateway' ? data?.gatewayRestURL : undefined);
  return {
    ...config,
    ...(clusterName === undefined ? {} : { clusterName }),
    ...(account === undefined ? {} : { account }),
    ...(gatewayUrl === undefined ? {} : { gatewayUrl }),
  };
}
