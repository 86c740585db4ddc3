import type { Clock, Logger } from '@kso/kit';
import type { InventorySettings } from '../config/settings.ts';
import { k8sInventoryReport, type ReportScope } from '../documents/k8s-inventory.ts';
import { kaiReport } from '../documents/kai.ts';
import { normaliseReport } from '../documents/normalise.ts';
import type { ClusterInventory, NamespaceInventory } from '../model.ts';
import { batchesOf } from './batching.ts';
import type { ReportSender, SendOptions } from './report-sender.ts';
import { routeNamespaces } from './routing.ts';

/** What became of the report of one account. */
export interface AccountReport {
  readonly account: string;
  readonly reportedAt: number;
  readonly user: string;
  readonly batches: readonly { readonly index: number; readonly sentAt: number; readonly error: string }[];
  /** 1-based; −1 if none was taken. */
  readonly lastSuccessfulIndex: number;
  readonly isSent: boolean;
}

export interface ReportRunOptions {
  readonly settings: InventorySettings;
  readonly format: 'kai' | 'k8s-inventory';
  /** Whether parts that could not be read are named in the report. */
  readonly reportGaps: boolean;
}

export interface ReportRunPorts {
  readonly sender: ReportSender;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Sends inventories to their accounts. It remembers who took them, so that an account that lost its last namespace hears of it. */
export function createReportRun(options: ReportRunOptions, ports: ReportRunPorts) {
  const { settings, format } = options;
  const { clock, logger, sender } = ports;
  const told = new Set<string>();

  const bodyOf = (inventory: ClusterInventory, scope: ReportScope): unknown => {
    const shown = options.reportGaps ? scope : { ...scope, gaps: [] };
    if (format === 'kai') return kaiReport(inventory, shown);
    const { report, changes } = normaliseReport(k8sInventoryReport(inventory, shown));
    if (changes > 0) logger.warn({ changes }, 'entries that refer to nothing in the report were left out');
    return report;
  };

  const sendAll = async (
    inventory: ClusterInventory,
    account: string,
    scopes: readonly ReportScope[],
    /** Gets the accounts that took a part. */
    takers: Set<string>,
    options: SendOptions,
  ) => {
    const batches: AccountReport['batches'][number][] = [];
    let lastSuccessfulIndex = -1;
    let isSent = true;
    let user = '';
    for (const [position, scope] of scopes.entries()) {
      const index = position + 1;
      const sentAt = clock.now();
      const result = await sender.send(account, bodyOf(inventory, scope), options);
      ({ user } = result);
      batches.push({ index, sentAt, error: result.problems.join('; ') });
      if (result.ok) {
        lastSuccessfulIndex = index;
        takers.add(result.account);
      } else {
        isSent = false;
        logger.error({ account, batch: index, problems: result.problems }, 'an inventory report was not taken');
      }
    }
    return { account, reportedAt: inventory.takenAt, user, batches, lastSuccessfulIndex, isSent };
  };

  return async (inventory: ClusterInventory, signal?: AbortSignal): Promise<AccountReport[]> => {
    const routed = routeNamespaces(inventory.namespaces, settings.routing);
    if (routed.shared.length > 0) logger.warn({ namespaces: routed.shared }, 'namespaces go to several accounts');
    if (routed.skipped.length > 0)
      logger.info({ namespaces: routed.skipped }, 'namespaces without an account are left out');
    const reports: AccountReport[] = [];
    const takers = new Set<string>();
    for (const [account, namespaces] of routed.accounts) {
      const scopes = scopesOf(inventory, namespaces);
      logger.info({ account, namespaces: namespaces.length, batches: scopes.length }, 'reporting the inventory');
      reports.push(await sendAll(inventory, account, scopes, takers, { signal }));
    }
    for (const taker of takers) told.add(taker);
    // What we could not read may still be there: only a complete inventory says that an account has nothing any more.
    const isComplete = inventory.gaps.every(({ kind, reason }) => kind === 'nodes' || reason === 'vanished');
    // The default account may hold what another one could not be told this time.
    const { defaultAccount } = settings.routing;
    const mayBeEmpty = (account: string): boolean =>
      isComplete && (account !== defaultAccount || reports.every(({ isSent }) => isSent));
    const gone = [...told].filter((one) => !routed.accounts.has(one) && !takers.has(one)).filter(mayBeEmpty);
    for (const account of gone) {
      logger.info({ account }, 'the account has no namespaces any more: an empty report is sent');
      const nothing = [{ namespaces: [], nodes: [], gaps: [] }];
      const report = await sendAll(inventory, account, nothing, new Set(), { signal, onlyThere: true });
      reports.push(report);
      if (report.isSent) told.delete(account);
    }
    return reports;
  };

  function scopesOf(inventory: ClusterInventory, namespaces: readonly NamespaceInventory[]): ReportScope[] {
    return batchesOf(inventory, namespaces, settings.limits);
  }
}
