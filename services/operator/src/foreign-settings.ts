import { existsSync } from 'node:fs';
import {
  type Capabilities,
  type ClusterData,
  type Credentials,
  type OperatorConfig as ForeignConfig,
  type Logger,
  readCapabilities,
  readClusterData,
  readCredentials,
  readOperatorConfig,
  Secret,
} from '@kso/kit';
import { type GatedComponent, gatedComponents, type OperatorConfig } from './config.ts';

/**
 * Completes the configuration from the files of the charts (operator-gateway.md 5). What is configured directly wins; a file that does
 * not exist is none. @throws FILE_MALFORMED, FILE_UNREADABLE
 */
export function withForeignSettings(config: OperatorConfig, env: NodeJS.ProcessEnv, logger: Logger): OperatorConfig {
  const { clusterDataFile, operatorConfigFile, capabilitiesFile, credentialsFolder } = config;
  const cluster = existsSync(clusterDataFile) ? readClusterData(clusterDataFile) : {};
  const operator = existsSync(operatorConfigFile) ? readOperatorConfig(operatorConfigFile, env) : {};
  const capabilities = existsSync(capabilitiesFile) ? readCapabilities(capabilitiesFile) : {};
  const credentials = readCredentials(credentialsFolder);
  for (const problem of credentials.problems) logger.warn({ problem }, 'the credentials cannot be read');
  return {
    ...config,
    ...scanSettings(config, operator),
    ...addresses(config, cluster),
    disabledComponents: disabledComponents(config, capabilities),
    newImages: newImageSettings(config.newImages, { cluster, capabilities, logger }),
    clusterName: config.clusterName || (cluster.clusterName ?? ''),
    account: config.account || (cluster.accountID ?? credentials.account ?? ''),
    reports: reportSettings(config.reports, cluster, credentials),
    exporter: exporterSettings(config.exporter, operator.httpExporterConfig),
  };
}

function scanSettings(config: OperatorConfig, operator: Partial<ForeignConfig>) {
  const guardTime = config.podScanGuardTime ?? operator.podScanGuardTime;
  return {
    triggerSecurityFramework: config.triggerSecurityFramework || operator.triggerSecurityFramework === true,
    includeNamespaces: firstFilled(config.includeNamespaces, operator.includeNamespaces),
    excludeNamespaces: firstFilled(config.excludeNamespaces, operator.excludeNamespaces),
    registryScanningInsecure: config.registryScanningInsecure || operator.registryScanningInsecure === true,
    registryScanningSkipTlsVerify:
      config.registryScanningSkipTlsVerify || operator.registryScanningSkipTlsVerify === true,
    ...(guardTime === undefined ? {} : { podScanGuardTime: guardTime }),
  };
}

function disabledComponents(config: OperatorConfig, { components = {} }: Capabilities) {
  const isOff = (component: GatedComponent) => components[component]?.enabled === false;
  return firstFilled(config.disabledComponents, gatedComponents.filter(isOff));
}

interface ForeignFiles {
  readonly cluster: Partial<ClusterData>;
  readonly capabilities: Capabilities;
  readonly logger: Logger;
}

/** Two that watch would ask for everything twice. */
function newImageSettings(own: OperatorConfig['newImages'], { cluster, capabilities, logger }: ForeignFiles) {
  const kollectorAsks = capabilities.components?.kollector?.enabled === true && cluster.triggerNewImageScan !== false;
  if (!own.enabled || !kollectorAsks) return own;
  logger.warn("kollector asks for scans of new images here: the operator's own watch for them stays off");
  return { ...own, enabled: false };
}

function addresses({ gateway, dispatch }: OperatorConfig, cluster: Partial<ClusterData>) {
  return {
    gateway: { ...gateway, url: gateway.url || (cluster.gatewayWebsocketURL ?? '') },
    dispatch: {
      ...dispatch,
      kubescape: dispatch.kubescape || (cluster.kubescapeURL ?? ''),
      kubevuln: dispatch.kubevuln || (cluster.kubevulnURL ?? ''),
    },
  };
}

function reportSettings(own: OperatorConfig['reports'], cluster: Partial<ClusterData>, credentials: Credentials) {
  const accessKey = own.accessKey ?? credentials.accessKey;
  const url = own.url ?? httpUrlOf(cluster.eventReceiverRestURL);
  return { ...own, ...(accessKey === undefined ? {} : { accessKey }), ...(url === undefined ? {} : { url }) };
}

function exporterSettings(
  own: OperatorConfig['exporter'],
  foreign: ForeignConfig['httpExporterConfig'],
): OperatorConfig['exporter'] {
  if (own.url !== undefined || foreign?.url === undefined) return own;
  const { url, headers = {}, timeoutSeconds = 5, method } = foreign;
  return {
    url: httpUrlOf(url),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, new Secret(value)])),
    method: method === 'PUT' ? 'PUT' : 'POST',
    timeout: timeoutSeconds * 1000,
  };
}

function firstFilled<T extends string>(own: T[], foreign: readonly T[] | undefined): T[] {
  return own.length > 0 ? own : [...(foreign ?? [])];
}

function httpUrlOf(url: string | undefined): string | undefined {
  if (url === undefined || url === '') return undefined;
  return url.includes('://') ? url : `https://${url}`;
}
