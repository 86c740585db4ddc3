import { type ObjectSource, SourceError, type SourceEvent } from '@kso/domain';
import { type BasePorts, backoffDelay, describeError, type Service } from '@kso/kit';
import type { LeaderElection, ReadPodLog, TopOwner } from '@kso/kube';
import { type AskedImages, type CommandSender, createImageTrigger, type ImageTrigger } from '@kso/new-images';
import type { GroupKind, KubeObject } from '@kso/wire';
import type { KollectorConfig } from './config.ts';
import { type CrashLogs, createCrashLogs } from './crash-logs/crash-logs.ts';
import type { InventoryPart } from './inventory/inventory-part.ts';
import { kollectorMetrics } from './kollector-metrics.ts';
import { createReporting, type Reporting, type ReportPorts } from './reports/reporting.ts';

export { type InstallationData, type KollectorConfig, kollectorConfig } from './config.ts';
export { withForeignSettings } from './foreign-settings.ts';
export { createInventoryPart, type InventoryPart, inventoryConfigOf } from './inventory/inventory-part.ts';
export { type CloudVendor, type CloudVendorOptions, findCloudVendor } from './metadata/cloud-vendor.ts';
export type { ReportPorts } from './reports/reporting.ts';
export type { OwnerReader } from './reports/workload-owner.ts';
export { createSender } from './triggers/create-sender.ts';
export {
  type GatewaySenderOptions,
  gatewaySender,
  type OperatorSenderOptions,
  operatorSender,
  type SenderPorts,
} from './triggers/http-senders.ts';

export interface KollectorPorts extends BasePorts {
  readonly source: ObjectSource;
  /** Not asked for manifests. @throws while the API server cannot answer. */
  readonly topOwner: (object: KubeObject) => Promise<TopOwner>;
  readonly sender: CommandSender;
  /** Closed by whoever opened it. */
  readonly asked: AskedImages;
  /** Without them nothing is reported; manifests never are. */
  readonly reports?: ReportPorts;
  /** What containers wrote before they crashed, for `crashLoopLogs`. */
  readonly podLog?: ReadPodLog;
  /** Of several replicas the one that leads watches, reports and asks; the others wait. */
  readonly election?: LeaderElection;
  /** Inventories are taken while this replica leads. */
  readonly inventory?: InventoryPart;
}

export interface Kollector extends Service {
  /** Resolves when every image seen so far was asked for or given up. */
  idle(): Promise<void>;
}

const sourceBackoff = { baseMs: 1000, maxMs: 30_000 };

/** What this process does while it leads. */
interface Term {
  readonly trigger: ImageTrigger | undefined;
  readonly reporting: Reporting | undefined;
  readonly crashLogs: CrashLogs | undefined;
  readonly kinds: readonly GroupKind[];
  /** Kinds without which images cannot be judged, and why they are not there yet. */
  readonly waitingFor: Map<string, string>;
  /** Kinds that reports have to do without, with the reason. */
  readonly missing: Map<string, string>;
  /** Why the source cannot be watched at all. */
  problem: string | undefined;
}

/**
 * Watches what runs, tells a receiver of it and asks for a scan of each image that is new (kollector.md). `start` does not wait for the
 * cluster: until the first list is complete the service is not ready, and it tries again while there is no cluster.
 * @throws RECEIVER_INVALID
 */
export function createKollector(config: KollectorConfig, ports: KollectorPorts): Kollector {
  const { logger, clock, source, election, inventory } = ports;
  const meters = kollectorMetrics(ports.metrics);
  const stopping = new AbortController();
  const reportPorts = source.type === 'cluster' && wantsReports(config) ? ports.reports : undefined;
  let term = beginTerm();
  let working: Promise<void> | undefined;

  function beginTerm(): Term {
    const trigger = config.triggerNewImageScan ? createImageTrigger(config, { ...ports, meters }) : undefined;
    const reporting =
      reportPorts === undefined ? undefined : createReporting(config, { ...ports, ...reportPorts, meters });
    const crashLogs =
      config.crashLoopLogs && ports.podLog !== undefined
        ? createCrashLogs({ namespaces: config.reportNamespaces }, { logger, podLog: ports.podLog })
        : undefined;
    return {
      trigger,
      reporting,
      crashLogs,
      kinds: [...(trigger?.kinds ?? []), ...(reporting?.kinds ?? []), ...(crashLogs?.kinds ?? [])],
      waitingFor: new Map((trigger?.kinds ?? []).map(({ kind }) => [kind, 'not listed yet'])),
      missing: new Map(),
      problem: undefined,
    };
  }

  const watch = async (own: Term, signal: AbortSignal) => {
    const onEvent = (event: SourceEvent) => {
      note(own, event);
      own.trigger?.onEvent(event);
      own.reporting?.onEvent(event);
      own.crashLogs?.onEvent(event);
    };
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await source.watch(own.kinds, onEvent, signal);
        own.problem = undefined;
        own.reporting?.listed();
        return;
      } catch (error) {
        if (signal.aborted) return;
        own.problem = describeError(error);
        const reason = error instanceof SourceError ? error.reason : 'unknown';
        logger.warn({ source: source.name, reason, problem: own.problem, attempt }, 'the source cannot be watched yet');
        await clock.sleep(backoffDelay(attempt, sourceBackoff), signal).catch(() => {});
      }
    }
  };

  const lead = async (signal: AbortSignal) => {
    const own = term;
    try {
      await Promise.all([watch(own, signal), own.reporting?.run(signal), inventory?.run(signal), untilAborted(signal)]);
    } finally {
      await own.trigger?.stop();
      await own.crashLogs?.stop();
      // The next term begins with nothing: what was seen may have changed since.
      if (!stopping.signal.aborted) term = beginTerm();
    }
  };

  return {
    name: 'kollector',
    start: async () => {
      if (term.kinds.length === 0 && inventory === undefined) return;
      const { name, type } = source;
      const does = {
        images: term.trigger !== undefined,
        reports: term.reporting !== undefined,
        inventory: inventory !== undefined,
        crashLoopLogs: term.crashLogs !== undefined,
      };
      logger.info({ source: name, type, route: ports.sender.route, ...does }, 'watching what runs');
      working ??= election === undefined ? lead(stopping.signal) : election.run(lead, stopping.signal);
      working.catch((error: unknown) => logger.error({ err: error }, 'watching what runs has failed'));
    },
    stop: async () => {
      stopping.abort();
      await working?.catch(() => {});
      await term.trigger?.stop();
      await term.crashLogs?.stop();
    },
    notReady: () => {
      if (term.problem !== undefined) return term.problem;
      // Who waits for its turn is ready to take it.
      if (election?.isLeader === false) return undefined;
      const [first] = term.waitingFor;
      return first === undefined ? term.reporting?.notReady() : `${first[0]}: ${first[1]}`;
    },
    remarks: () => [
      ...(election?.isLeader === false ? ['another replica watches and reports'] : []),
      ...(term.trigger === undefined ? ['scans of new images are turned off'] : []),
      ...(term.trigger === undefined || term.trigger.pending === 0
        ? []
        : [`${term.trigger.pending} workloads wait to be asked for through the ${ports.sender.route}`]),
      ...[...term.missing].map(([kind, reason]) => `reports without ${kind}: ${reason}`),
      ...(inventory?.remarks() ?? []),
    ],
    idle: async () => term.trigger?.idle(),
  };
}

/** Somebody has to hear of them. */
function wantsReports({ eventReceiverUrl, printReport }: KollectorConfig): boolean {
  return printReport || (eventReceiverUrl !== undefined && eventReceiverUrl !== '');
}

function note({ waitingFor, missing, trigger }: Term, event: SourceEvent): void {
  if (event.type !== 'synced' && event.type !== 'failed') return;
  const { kind } = event.kind;
  if (event.type === 'synced') {
    waitingFor.delete(kind);
    missing.delete(kind);
    return;
  }
  const problem = `${event.reason}: ${event.detail}`;
  const isNeeded = trigger?.kinds.some((one) => one.kind === kind) ?? false;
  (isNeeded ? waitingFor : missing).set(kind, problem);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
