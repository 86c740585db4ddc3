import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClusterData,
  type DiscoveredServices,
  type Logger,
  readClusterData,
  readCredentials,
  readServices,
} from '@kso/kit';
import type { KubevulnConfig } from './config.ts';

/**
 * Completes the configuration from the chart's files (kubevuln.md 2): sizes, timeouts, matching mode and the address of reports. What is
 * configured directly wins; `sources` says what was. @throws FILE_MALFORMED, FILE_UNREADABLE
 */
export function withForeignSettings(
  config: KubevulnConfig,
  sources: Readonly<Record<string, string>>,
  logger: Logger,
): KubevulnConfig {
  const isDefault = (path: string): boolean => (sources[path] ?? 'default') === 'default';
  const data = clusterDataOf(config);
  const { account, accessKey, problems } = readCredentials(config.credentialsDirectory);
  for (const problem of problems) logger.warn({ problem }, 'credentials cannot be read');
  const url = config.report.url ?? (data?.keepLocal === true ? undefined : reportUrl(config, data));
  const key = config.report.accessKey ?? accessKey;
  return {
    ...config,
    ...fromClusterData(data, isDefault),
    ...(isDefault('account') ? { account: account ?? data?.accountID ?? '' } : {}),
    ...(data?.listingURL === undefined || !isDefault('databaseUpdate.url')
      ? {}
      : { databaseUpdate: { ...config.databaseUpdate, url: data.listingURL } }),
    exceptions: exceptionSettings(config, data, isDefault),
    report: {
      ...config.report,
      ...(url === undefined ? {} : { url }),
      ...(key === undefined ? {} : { accessKey: key }),
    },
  };
}

function clusterDataOf({ configDirectory }: KubevulnConfig): ClusterData | undefined {
  const file = configDirectory === undefined ? undefined : join(configDirectory, 'clusterData.json');
  return file !== undefined && existsSync(file) ? readClusterData(file) : undefined;
}

function fromClusterData(data: ClusterData | undefined, isDefault: (path: string) => boolean): Partial<KubevulnConfig> {
  if (data === undefined) return {};
  const { maxImageSize, scanTimeout = 0, trustedVendors, proxyRegistryMap, scanEmbeddedSBOMs } = data;
  const given = {
    maxImageSize,
    scanTimeout: scanTimeout > 0 ? scanTimeout : undefined,
    trustedVendors: trustedVendors && [...trustedVendors],
    proxyRegistryMap,
    embeddedSboms: scanEmbeddedSBOMs,
    cveMatchingMode: modeOf(data.cveMatchingMode),
  };
  return Object.fromEntries(Object.entries(given).filter(([key, value]) => value !== undefined && isDefault(key)));
}

function modeOf(text: string | undefined): KubevulnConfig['cveMatchingMode'] | undefined {
  return text === 'off' || text === 'on' || text === 'adaptive' ? text : undefined;
}

function exceptionSettings(
  config: KubevulnConfig,
  data: ClusterData | undefined,
  isDefault: (path: string) => boolean,
): KubevulnConfig['exceptions'] {
  const { exceptions, configDirectory } = config;
  const url = exceptions.url ?? withScheme(discoveredServices(configDirectory)?.apiServer ?? data?.backendOpenAPI);
  return {
    ...exceptions,
    ...(url === undefined || data?.keepLocal === true ? {} : { url }),
    ...(data?.riskAcceptance !== undefined && isDefault('exceptions.fromCluster')
      ? { fromCluster: data.riskAcceptance }
      : {}),
  };
}

/** The event receiver that service discovery named, else that of `clusterData.json`. */
function reportUrl({ configDirectory }: KubevulnConfig, data: ClusterData | undefined): string | undefined {
  return withScheme(discoveredServices(configDirectory)?.eventReceiverHttp ?? data?.eventReceiverRestURL);
}

function discoveredServices(configDirectory: string | undefined): DiscoveredServices | undefined {
  const services = configDirectory === undefined ? undefined : join(configDirectory, 'services.json');
  return services !== undefined && existsSync(services) ? readServices(services) : undefined;
}

/** A host without a scheme is reached over TLS. */
function withScheme(written: string | undefined): string | undefined {
  if (written === undefined || written === '') return undefined;
  return written.includes('://') ? written : `https://${written}`;
}
