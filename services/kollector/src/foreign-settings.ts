import {
  type ClusterData,
  describeError,
  KsoError,
  type Logger,
  readClusterData,
  readCredentials,
  readServices,
} from '@kso/kit';
import type { InstallationData, KollectorConfig } from './config.ts';

/**
 * Completes the configuration from the files of the charts (kollector.md 2): names and addresses from `clusterData.json` and `services.json`,
 * account and key from the mounted credentials. What is configured directly wins. @throws FILE_… for a clusterData that was named
 */
export function withForeignSettings(config: KollectorConfig, logger: Logger): KollectorConfig {
  const data = config.clusterDataFile === undefined ? undefined : readClusterData(config.clusterDataFile);
  const credentials = readCredentials(config.credentialsFolder);
  for (const problem of credentials.problems) logger.warn({ problem }, 'credentials cannot be read');
  const clusterName = config.clusterName ?? data?.clusterName;
  const found = {
    clusterName,
    account: config.account ?? credentials.account ?? data?.accountID,
    accessKey: config.accessKey ?? credentials.accessKey,
    eventReceiverUrl:
      config.eventReceiverUrl ?? discovered(config.servicesFile, logger) ?? data?.eventReceiverWebsocketURL,
    // The charts name the gateway always; that alone is no reason to go through it.
    gatewayUrl: config.gatewayUrl ?? (config.route === 'gateway' ? data?.gatewayRestURL : undefined),
  };
  return { ...config, ...withoutUndefined(found), installation: installationOf(data, clusterName) };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** What is found there is a help: a file that is broken must not keep the kollector from its other work. */
function discovered(file: string, logger: Logger): string | undefined {
  try {
    return readServices(file).eventReceiverWs;
  } catch (error) {
    const isMissing = error instanceof KsoError && error.code === 'FILE_MISSING';
    if (!isMissing) logger.warn({ file, problem: describeError(error) }, 'services.json cannot be read');
    return undefined;
  }
}

function installationOf(data: ClusterData | undefined, clusterName: string | undefined): InstallationData {
  return withoutUndefined({
    clusterName,
    namespace: data?.namespace,
    storage: data?.storage,
    relevantImageVulnerabilitiesEnabled: data?.relevantImageVulnerabilitiesEnabled,
    relevantImageVulnerabilitiesConfiguration: data?.relevantImageVulnerabilitiesConfiguration,
    imageVulnerabilitiesScanningEnabled: data?.imageVulnerabilitiesScanningEnabled,
    postureScanEnabled: data?.postureScanEnabled,
    otelCollector: data?.otelCollector,
  });
}
