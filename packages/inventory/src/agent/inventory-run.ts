import { type BasePorts, describeError, type Outgoing } from '@kso/kit';
import type { KubeClient } from '@kso/kube';
import { collectInventory } from '../collect/collector.ts';
import type { InventoryConfig } from '../config/schema.ts';
import { type InventorySettings, toSettings } from '../config/settings.ts';
import type { ClusterInventory } from '../model.ts';
import { type Endpoint, openEndpoint } from '../reporting/endpoint.ts';
import { createReportSender } from '../reporting/report-sender.ts';
import { type AccountReport, createReportRun } from '../reporting/run-reports.ts';
import { inventoryMetrics } from './inventory-metrics.ts';

export interface InventoryPorts extends BasePorts {
  readonly client: KubeClient;
  /** Proxies and CAs on the way to the API that takes reports. */
  readonly outgoing: Outgoing;
}

export interface RunResult {
  readonly inventory: ClusterInventory;
  /** Empty when nothing is configured to be sent. */
  readonly reports: readonly AccountReport[];
}

/** One collection with its reports, as often as it is asked for. */
export interface InventoryRun {
  readonly settings: InventorySettings;
  /** Undefined when nothing is sent. */
  readonly endpoint: Endpoint | undefined;
  collect(signal?: AbortSignal): Promise<ClusterInventory>;
  /** Collects and reports. @throws NAMESPACES_UNREADABLE, COLLECTION_TIMEOUT; then nothing was sent. */
  run(signal?: AbortSignal): Promise<RunResult>;
  close(): Promise<void>;
}

/** @throws INVENTORY_CONFIG_INVALID for patterns that are none */
export function createInventoryRun(config: InventoryConfig, ports: InventoryPorts, send = true): InventoryRun {
  const { client, clock, logger } = ports;
  const settings = toSettings(config);
  const meters = inventoryMetrics(ports.metrics);
  const endpoint = send ? openEndpoint(config, settings, ports) : undefined;
  const report =
    endpoint &&
    createReportRun(
      { settings, format: config.format === 'kai' ? 'kai' : 'k8s-inventory', reportGaps: config['report-gaps'] },
      {
        clock,
        logger,
        sender: createReportSender(senderOptions(config, settings, endpoint), { client: endpoint.client, logger }),
      },
    );
  if (send && report === undefined) logger.info('no API is configured: inventories are not sent');

  const collect = (signal?: AbortSignal) => collectInventory(settings.collect, { client, clock, logger, signal });
  return {
    settings,
    endpoint,
    collect,
    run: async (signal) => {
      let inventory: ClusterInventory;
      try {
        inventory = await collect(signal);
      } catch (error) {
        signal?.throwIfAborted();
        meters.runs.inc({ outcome: 'failed' });
        logger.error({ problem: describeError(error) }, 'the inventory could not be taken; nothing is sent');
        throw error;
      }
      const containers = inventory.namespaces.reduce((sum, namespace) => sum + namespace.containers.length, 0);
      logger.info(
        { namespaces: inventory.namespaces.length, containers, gaps: inventory.gaps.length },
        'inventory taken',
      );
      meters.runs.inc({ outcome: inventory.gaps.length === 0 ? 'complete' : 'partial' });
      meters.containers.set(containers);
      const reports = (await report?.(inventory, signal)) ?? [];
      for (const { isSent } of reports) meters.reports.inc({ outcome: isSent ? 'sent' : 'failed' });
      if (reports.every(({ isSent }) => isSent)) meters.lastSuccess.set(clock.now() / 1000);
      return { inventory, reports };
    },
    close: async () => endpoint?.close(),
  };
}

function senderOptions(config: InventoryConfig, settings: InventorySettings, endpoint: Endpoint) {
  return {
    format: config.format === 'kai' ? ('kai' as const) : ('k8s-inventory' as const),
    defaultAccount: settings.routing.defaultAccount,
    credentials: endpoint.credentials,
  };
}
