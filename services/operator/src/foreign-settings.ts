import { existsSync } from 'node:fs';
import {
  type ClusterData,
  type Credentials,
  type OperatorConfig as ForeignConfig,
  type Logger,
  readClusterData,
  readCredentials,
  readOperatorConfig,
} from '@kso/kit';
import type { OperatorConfig } from './config.ts';

/**
 * Completes the configuration from the files of the charts (operator-gateway.md 5). What is configured directly wins; a file that does
 * not exist is none. @throws FILE_MALFORMED, FILE_UNREADABLE
 */
export function withForeignSettings(config: OperatorConfig, env: NodeJS.ProcessEnv, logger: Logger): OperatorConfig {
  const { clusterDataFile, operatorConfigFile, credentialsFolder } = config;
  const cluster = existsSync(clusterDataFile) ? readClusterData(clusterDataFile) : {};
  const operator = existsSync(operatorConfigFile) ? readOperatorConfig(operatorConfigFile, env) : {};
  const credentials = readCredentials(credentialsFolder);
  for (const problem of credentials.problems) logger.warn({ problem }, 'the credentials cannot be read');
  return {
    ...config,
    ...scanSettings(config, operator),
    ...addresses(config, cluster),
    clusterName: config.clusterName || (cluster.clusterName ?? ''),
    account: config.account || (cluster.accountID ?? credentials.account ?? ''),
    reports: reportSettings(config.reports, cluster, credentials),
  };
}

function scanSettings(config: OperatorConfig, operator: Partial<ForeignConfig>) {
  const guardTime = config.podScanGuardTime ?? operator.podScanGuardTime;
  return {
    triggerSecurityFramework: config.triggerSecurityFramework || operator.triggerSecurityFramework === true,
    includeNamespaces: firstFilled(config.includeNamespaces, operator.includeNamespaces),
    excludeNamespaces: firstFilled(config.excludeNamespaces, operator.excludeNamespaces),
    ...(guardTime === undefined ? {} : { podScanGuardTime: guardTime }),
  };
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

function firstFilled(own: string[], foreign: readonly string[] | undefined): string[] {
  return own.length > 0 ? own : [...(foreign ?? [])];
}

function httpUrlOf(url: string | undefined): string | undefined {
  if (url === undefined || url === '') return undefined;
  return url.includes('://') ? url : `https://${url}`;
}
