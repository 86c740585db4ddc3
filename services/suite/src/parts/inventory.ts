import { homedir } from 'node:os';
import { readOutgoing, Secret } from '@kso/kit';
import { createInventoryPart, type InventoryPart, inventoryConfigOf } from '@kso/kollector';
import type { KubeClient } from '@kso/kube';
import { portsOf, type WorkingContext } from './context.ts';

export interface InventoryOptions {
  /** Absent when manifests are scanned: nothing runs there. */
  readonly client: KubeClient | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The runtime inventory for the kollector, if it is turned on. Reports go to the API that its own settings name, else to the CloudEndpoint
 * of this process. @throws INVENTORY_CONFIG_INVALID, INVENTORY_FILE_UNUSABLE
 */
export function openInventory(context: WorkingContext, { client, env }: InventoryOptions): InventoryPart | undefined {
  const { config, backend } = context;
  const ports = portsOf(context, 'inventory');
  if (!config.inventory.enabled) return undefined;
  if (client === undefined) {
    ports.logger.warn({}, 'there is no inventory of manifests: nothing runs there');
    return undefined;
  }
  const settings = inventoryConfigOf(config, { env, cwd: process.cwd(), home: homedir() }, ports.logger);
  const isUnset = settings.anchore.url === '';
  const hasOwnEndpoint = config.backend.url === undefined && config.backend.reportUrl === undefined;
  if (isUnset && !hasOwnEndpoint)
    ports.logger.warn({}, 'inventories are sent nowhere: ANCHORE_K8S_INVENTORY_ANCHORE_URL names no API');
  const own = { url: backend.reportUrl(), user: config.account || 'suite', password: config.accessKey ?? noKey };
  const anchore = isUnset && hasOwnEndpoint ? { ...settings.anchore, ...own } : settings.anchore;
  return createInventoryPart({ ...settings, anchore }, { ...ports, client, outgoing: readOutgoing(env), env });
}

/** An endpoint without accounts asks for none; inventories are not sent without a password, though. */
const noKey = new Secret('none');
