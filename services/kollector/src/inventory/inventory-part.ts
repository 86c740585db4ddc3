import { readFileSync } from 'node:fs';
import {
  type AgentPorts,
  createInventoryAgent,
  type InventoryAgent,
  type InventoryConfig,
  loadInventoryConfig,
  toSettings,
} from '@kso/inventory';
import { backoffDelay, describeError, type Logger } from '@kso/kit';
import type { KollectorConfig } from '../config.ts';

/** The runtime inventory beside what the kollector does (docs/inventory.md): the same code as `kso inventory`. */
export interface InventoryPart {
  /** Takes and reports inventories until the signal aborts. What goes wrong is logged, remarked and tried again. */
  run(signal: AbortSignal): Promise<void>;
  remarks(): readonly string[];
}

const restartBackoff = { baseMs: 10_000, maxMs: 600_000 };

export function createInventoryPart(config: InventoryConfig, ports: Omit<AgentPorts, 'version'>): InventoryPart {
  const logger = ports.logger.child({ part: 'inventory' });
  let agent: InventoryAgent | undefined;
  let problem: string | undefined;

  /** Ends with the signal, or with what keeps inventories from being taken. */
  const takeAll = async (signal: AbortSignal) => {
    const own = createInventoryAgent(config, { ...ports, logger, version: productVersion() });
    agent = own;
    try {
      await own.start();
      await Promise.race([own.ended, aborted(signal)]);
    } finally {
      await own.stop();
    }
  };

  return {
    run: async (signal) => {
      // As a pod of its own would be started again.
      for (let attempt = 1; !signal.aborted; attempt += 1) {
        agent = undefined;
        problem = undefined;
        try {
          await takeAll(signal);
        } catch (error) {
          problem = describeError(error);
          const delayMs = backoffDelay(attempt, restartBackoff);
          logger.error({ problem, attempt, delayMs }, 'inventories cannot be taken at present');
          await ports.clock.sleep(delayMs, signal).catch(() => {});
        }
      }
    },
    remarks: () => {
      const own = agent?.remarks?.() ?? [];
      const remarks = problem === undefined ? own : [problem];
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
