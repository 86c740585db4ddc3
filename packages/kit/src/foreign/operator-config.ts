import { z } from 'zod';
import { readJsonFile } from '../files.ts';
import { caseless, count, flag, goDuration, list, readForeignValue, text } from './tolerant.ts';

const ResourceList = caseless({ cpu: text(), memory: text() }).optional();

/** The operator's `config.json` (operator-gateway.md 5.3). Durations are in ms. */
const OperatorConfig = caseless({
  namespace: text(),
  port: count(),
  cleanupDelay: goDuration(),
  workerConcurrency: count(),
  triggerSecurityFramework: flag(),
  matchingRulesFilename: text(),
  eventDeduplicationInterval: goDuration(),
  podScanGuardTime: goDuration(),
  includeNamespaces: list(),
  excludeNamespaces: list(),
  excludeJsonPaths: list(),
  registryScanningSkipTlsVerify: flag(),
  registryScanningInsecure: flag(),
  skipProfilesWithoutInstances: flag(),
  httpExporterConfig: caseless({
    url: text(),
    headers: z.record(z.string(), z.string()).optional(),
    timeoutSeconds: count(),
    method: text(),
    maxAlertsPerMinute: count(),
  }).optional(),
  rulesUpdateConfig: caseless({ enabled: flag(), interval: goDuration(), namespace: text() }).optional(),
  nodeAgentAutoscaler: caseless({
    enabled: flag(),
    nodeGroupLabel: text(),
    minResources: ResourceList,
    maxResources: ResourceList,
    reconcileInterval: goDuration(),
    templatePath: text(),
    operatorDeploymentName: text(),
    goMemLimitPercentage: count(),
  }).optional(),
});
export type OperatorConfig = z.output<typeof OperatorConfig>;

/**
 * With `env`, a variable with the upper-case name of a top-level key (`WORKERCONCURRENCY`) wins over the file, as upstream has it.
 * @throws FILE_…
 */
export function readOperatorConfig(path: string, env: NodeJS.ProcessEnv = {}): OperatorConfig {
  const file = readJsonFile(path, 'operator config');
  const isObject = typeof file === 'object' && file !== null && !Array.isArray(file);
  const value = isObject ? { ...file, ...overrides(env) } : file;
  return readForeignValue(value, path, 'operator config', OperatorConfig as z.ZodType<OperatorConfig>);
}

const keys = [
  'namespace',
  'port',
  'workerConcurrency',
  'triggerSecurityFramework',
  'podScanGuardTime',
  'includeNamespaces',
  'excludeNamespaces',
  'excludeJsonPaths',
  'skipProfilesWithoutInstances',
] as const;

function overrides(env: NodeJS.ProcessEnv): Record<string, string> {
  const found: Record<string, string> = {};
  for (const key of keys) {
    const value = env[key.toUpperCase()];
    // `PORT=tcp://…` is what Kubernetes writes for a Service, not a port.
    if (value !== undefined && value !== '' && !/^(tcp|udp):\/\//.test(value)) found[key] = value;
  }
  return found;
}
