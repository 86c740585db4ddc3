import { readFileSync } from 'node:fs';
import {
  type AgentPorts,
  createInventoryAgent,
  type InventoryAgent,
  type InventoryConfig,
  loadInventoryConfig,
  toSettings,
} from '@kso/inventory';
import { describeError, type Logger } from '@kso/kit';
import type { KollectorConfig } from '../config.ts';

/** The runtime inventory beside what the kollector does (docs/inventory.md): the same code as `kso inventory`. */
export interface InventoryPart {
  /** Takes and reports inventories until the signal aborts. What goes wrong is logged and remarked, and ends nothing else. */
  run(signal: AbortSignal): Promise<void>;
  remarks(): readonly string[];
}

export function createInventoryPart(config: InventoryConfig, ports: Omit<AgentPorts, 'version'>): InventoryPart {
  const logger = ports.logger.child({ part: 'inventory' });
  let agent: InventoryAgent | undefined;
  let problem: string | undefined;
  return {
    run: async (signal) => {
      problem = undefined;
      agent = undefined;
      let own: InventoryAgent | undefined;
      try {
        // A term of its own for each time that this replica leads.
        own = createInventoryAgent(config, { ...ports, logger, version: productVersion() });
        agent = own;
        await own.start();
        await Promise.race([own.ended, aborted(signal)]);
      } catch (error) {
        problem = describeError(error);
        logger.error({ problem }, 'inventories are not taken any more');
      } finally {
        await own?.stop();
      }
    },
    remarks: () => {
      const remarks = problem === undefined ? (agent?.remarks?.() ?? []) : [problem];
      return remarks.map((remark) => `inventory: ${remark}`);
    },
  };
}

/**
 * The inventory's own file and variables (those of KAI and k8s-inventory), with the kollector's name for the cluster unless they
 * have one. @throws INVENTORY_CONFIG_INVALID, INVENTORY_FILE_UNUSABLE
 */
export function inventoryConfigOf(
  { inventory, clusterName }: Pick<KollectorConfig, 'inventory' | 'clusterName'>,
  places: { readonly env: NodeJS.ProcessEnv; readonly cwd: string; readonly home: string },
  logger: Logger,
): InventoryConfig {
  const { config, warnings } = loadInventoryConfig({
    ...places,
    file: inventory.configFile,
    flags: { mode: 'periodic' },
  });
  // What cannot be used is known at the start, not when this replica leads.
  toSettings(config);
  for (const warning of warnings) logger.warn({ problem: warning }, 'configuration of the inventory');
  const cluster = config.kubeconfig.cluster || clusterName || '';
  return { ...config, kubeconfig: { ...config.kubeconfig, cluster } };
}

function productVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(manifest) as { version?: unknown }).version);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
