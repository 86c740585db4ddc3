import { readFileSync } from 'node:fs';
import {
  type ClusterInventory,
  connectionOf,
  createInventoryAgent,
  createInventoryRun,
  type InventoryConfig,
  type InventoryPorts,
  inventoryLogger,
  type LoadedInventoryConfig,
  loadInventoryConfig,
  renderInventory,
  uploadReport,
} from '@kso/inventory';
import {
  type BasePorts,
  composeServices,
  createHealthServer,
  createMetrics,
  type Logger,
  noopTracer,
  readOutgoing,
  systemClock,
} from '@kso/kit';
import { createKubeClient } from '@kso/kube';
import { fail } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type CliHost, userFolder, userPath } from '../host.ts';
import { writeResult } from '../output/writer.ts';
import { productVersion } from '../product-version.ts';

export interface InventoryOptions {
  readonly config?: string;
  readonly output?: 'json' | 'table' | 'ndjson';
  readonly format?: 'kai' | 'k8s-inventory' | 'both';
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespaces?: readonly string[];
  readonly mode?: 'adhoc' | 'periodic';
  readonly pollingIntervalSeconds?: number;
  readonly verboseInventoryReports?: boolean;
  readonly outFile?: string;
  readonly dryRun?: boolean;
  readonly upload?: string;
  readonly failOnWarning?: boolean;
  readonly quiet?: boolean;
  readonly verbose: number;
}

/** `kso inventory`. @throws what is wrong with the configuration, or why there is no inventory */
export async function inventory(options: InventoryOptions, host: CliHost): Promise<ExitCode> {
  const loaded = load(options, host);
  const log = inventoryLogger(loaded.config, options.verbose, (line) => void host.stderr.write(line));
  // Clocks do not keep a process alive; waiting for the next inventory, or for another try of a request, does.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    tell(loaded, log.logger);
    const base = { logger: log.logger, metrics: createMetrics(), tracer: noopTracer, clock: systemClock };
    if (options.upload !== undefined) return await upload(options.upload, loaded.config, base, host);
    return await withCluster(loaded.config, base, host, (ports) =>
      loaded.config.mode === 'periodic' && options.dryRun !== true
        ? keepReporting(loaded.config, options, ports, host)
        : once(loaded.config, options, ports, host),
    );
  } finally {
    clearInterval(alive);
    log.close();
  }
}

function load(options: InventoryOptions, host: CliHost): LoadedInventoryConfig {
  const given: Readonly<Record<string, unknown>> = {
    output: options.output,
    format: options.format,
    'kubeconfig.path': pathOf(options.kubeconfig, host),
    'kubeconfig.context': options.context,
    // Names of namespaces on the command line come before those of the file.
    'namespace-selectors.include': options.namespaces?.includes('all') === true ? [] : options.namespaces,
    mode: options.mode,
    'polling-interval-seconds': options.pollingIntervalSeconds,
    'verbose-inventory-reports': options.verboseInventoryReports,
    quiet: options.quiet,
  };
  const flags = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const file = options.config === undefined ? undefined : userPath(host, options.config);
  return loadInventoryConfig({ env: host.env, cwd: userFolder(host), home: host.home, flags, file });
}

function pathOf(kubeconfig: string | undefined, host: CliHost): string | undefined {
  return kubeconfig === undefined || kubeconfig === 'use-in-cluster' ? kubeconfig : userPath(host, kubeconfig);
}

function tell({ warnings, file, effective }: LoadedInventoryConfig, logger: Logger): void {
  for (const problem of warnings) logger.warn({ problem }, 'configuration');
  logger.debug({ file, settings: effective }, 'effective configuration');
}

async function withCluster<T>(
  config: InventoryConfig,
  base: BasePorts,
  host: CliHost,
  use: (ports: InventoryPorts) => Promise<T>,
): Promise<T> {
  const connection = await connectionOf(config, { env: host.env, clock: systemClock, home: host.home });
  const client = createKubeClient(connection, { clock: systemClock, userAgent: `kso-inventory/${productVersion()}` });
  try {
    return await use({ ...base, client, outgoing: readOutgoing(host.env) });
  } finally {
    await client.close();
  }
}

async function once(
  config: InventoryConfig,
  options: InventoryOptions,
  ports: InventoryPorts,
  host: CliHost,
): Promise<ExitCode> {
  const task = createInventoryRun(config, ports, options.dryRun !== true);
  try {
    const result = await task.run(host.signal);
    if (wantsText(config, options, task.endpoint !== undefined)) await print(result.inventory, config, options, host);
    if (!result.reports.every(({ isSent }) => isSent)) return exitCodes.failed;
    const isPartial = result.inventory.gaps.length > 0;
    return isPartial && options.failOnWarning === true ? exitCodes.thresholdMet : exitCodes.ok;
  } finally {
    await task.close();
  }
}

async function keepReporting(
  config: InventoryConfig,
  options: InventoryOptions,
  ports: InventoryPorts,
  host: CliHost,
): Promise<ExitCode> {
  const agent = createInventoryAgent(config, {
    ...ports,
    env: host.env,
    version: productVersion(),
    onInventory: async (inventory) => {
      if (wantsText(config, options, agent.sends)) await print(inventory, config, options, host);
    },
  });
  const { host: address, port } = config.health;
  const health = port < 0 ? [] : [createHealthServer({ ...ports, host: address, port, services: [agent] })];
  const service = composeServices('inventory', [...health, agent]);
  const interrupted = new Promise<void>((resolve) => {
    if (host.signal.aborted) resolve();
    host.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await service.start();
    await Promise.race([interrupted, agent.ended]);
    return exitCodes.ok;
  } finally {
    await service.stop();
  }
}

async function upload(file: string, config: InventoryConfig, base: BasePorts, host: CliHost): Promise<ExitCode> {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(userPath(host, file), 'utf8'));
  } catch {
    throw fail('PATH_UNREADABLE', { path: file, problem: 'it cannot be read, or it is not JSON' });
  }
  const result = await uploadReport(document, config, {
    ...base,
    outgoing: readOutgoing(host.env),
    signal: host.signal,
  });
  if (result.outcome === 'sent') return exitCodes.ok;
  const problem = result.problems.join('; ');
  if (result.outcome === 'unusable') throw fail('BAD_VALUE', { option: '--upload', problem });
  throw fail('NOT_TAKEN', { problem });
}

/** What is sent is printed only for those who ask. */
function wantsText(config: InventoryConfig, options: InventoryOptions, isSent: boolean): boolean {
  const isAsked = options.output !== undefined || options.outFile !== undefined;
  return !isSent || isAsked || config['verbose-inventory-reports'];
}

async function print(inventory: ClusterInventory, config: InventoryConfig, options: InventoryOptions, host: CliHost) {
  await writeResult(host, options.outFile, renderInventory(inventory, config));
}
