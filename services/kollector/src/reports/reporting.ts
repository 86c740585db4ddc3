import { type ObjectSource, type SourceEvent, sanitizeClusterName } from '@kso/domain';
import { type BasePorts, backoffDelay, KsoError, type Outgoing } from '@kso/kit';
import type { GroupKind } from '@kso/wire';
import { receiverUrl } from '../channel/receiver-url.ts';
import { createReportLink, type ReportLink, type ReportSession } from '../channel/report-link.ts';
import type { KollectorConfig } from '../config.ts';
import { fail } from '../errors.ts';
import type { KollectorMetrics } from '../kollector-metrics.ts';
import type { CloudVendor } from '../metadata/cloud-vendor.ts';
import { reportHead } from '../metadata/report-head.ts';
import { createClusterState } from './cluster-state.ts';
import { createPendingChanges } from './pending-changes.ts';
import { report } from './reporter.ts';
import type { OwnerReader } from './workload-owner.ts';

/** What reports need beside the source of objects. */
export interface ReportPorts {
  readonly reader: OwnerReader;
  /** Never rejects, and takes a bounded time. */
  readonly cloudVendor: () => Promise<CloudVendor | undefined>;
  /** Proxy and CA for the websocket. */
  readonly outgoing?: Outgoing;
  /** Takes each report as readable JSON if `printReport` is on. */
  readonly print: (text: string) => void;
  /** The connection to the receiver is over: for those who want to end with it (`exitOnDisconnect`). */
  readonly onDisconnected?: () => void;
}

export interface ReportingPorts extends BasePorts, ReportPorts {
  readonly source: Pick<ObjectSource, 'serverVersion'>;
  readonly meters: KollectorMetrics;
}

/** Tells a receiver what is in the cluster, for as long as `run` runs (kollector.md 3 to 10). */
export interface Reporting {
  readonly kinds: readonly GroupKind[];
  onEvent(event: SourceEvent): void;
  /** Every kind was listed, or cannot be. */
  listed(): void;
  /** Ends when the signal aborts, after the last changes have left. */
  run(signal: AbortSignal): Promise<void>;
  notReady(): string | undefined;
}

/** A connection that is lost is worth a word to the probe only when it does not come back. */
const disconnectedGraceMs = 60_000;
const versionBackoff = { baseMs: 1000, maxMs: 30_000 };

/** @throws RECEIVER_INVALID */
export function createReporting(config: KollectorConfig, ports: ReportingPorts): Reporting {
  const { clock, logger, meters } = ports;
  const ended = new AbortController();
  const pending = createPendingChanges(() => clock.now());
  const reported = new Set(config.reportNamespaces);
  const state = createClusterState(
    {
      wantsNamespace: (namespace) => reported.size === 0 || reported.has(namespace),
      ownerData: config.ownerData,
      secrets: config.reportSecrets,
    },
    { ...ports, pending, signal: ended.signal },
  );
  const lists = Promise.withResolvers<void>();
  const link = openLink(config, ports);

  /** Undefined when it may not be read. Waits for a server that does not answer: without one there is nothing to report. */
  const readVersion = async (signal: AbortSignal) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ports.source.serverVersion?.();
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof KsoError && error.code === 'KUBE_API') return undefined;
        await clock.sleep(backoffDelay(attempt, versionBackoff), signal);
      }
    }
  };

  const run = async (signal: AbortSignal) => {
    const startedAt = clock.now();
    const version = readVersion(signal);
    version.catch(() => {});
    const vendor = config.cloudMetadata ? ports.cloudVendor() : Promise.resolve(undefined);
    const everything = Promise.all([lists.promise, vendor]).then(() => state.idle());
    let facts: Parameters<typeof reportHead>[0];

    const known = async (until: AbortSignal) => {
      const serverVersion = await orAborted(version, until);
      const rest = Math.max(0, startedAt + config.firstReportTimeout - clock.now());
      const settled = new AbortController();
      const outcome = await Promise.race([
        orAborted(everything, until).then(() => 'complete' as const),
        clock.sleep(rest, AbortSignal.any([until, settled.signal])).then(() => 'late' as const),
      ]).finally(() => settled.abort());
      if (outcome === 'late') logger.warn({}, 'the first report goes out before everything is known');
      const cloudVendor = outcome === 'complete' ? await vendor : undefined;
      facts = {
        version: serverVersion,
        vendor: cloudVendor,
        installation: config.installation ?? { clusterName: config.clusterName ?? '' },
        providerId: state.providerId(),
      };
    };

    const talk = async (session: ReportSession) => {
      await report(
        config.printReport ? printed(session, ports.print) : session,
        {
          waitBeforeReportMs: config.waitBeforeReport,
          quietMs: config.reportQuiet,
          maxDelayMs: config.reportMaxDelay,
          maxFrameBytes: config.maxFrame,
        },
        {
          ...ports,
          pending,
          snapshot: state.snapshot,
          known,
          head: () => reportHead(facts),
          onSent: (type, bytes) => {
            meters.report(type, bytes);
            meters.objects(state.counts());
          },
        },
        signal,
      );
    };

    try {
      if (link === undefined) await talk({ send: () => Promise.resolve(), signal: ended.signal });
      else await link.run(talk, signal);
    } finally {
      ended.abort();
    }
  };

  return {
    kinds: state.kinds,
    onEvent: state.onEvent,
    listed: () => lists.resolve(),
    run,
    notReady: () => {
      if (link === undefined || link.state.isConnected) return undefined;
      const { problem, since, isRejected } = link.state;
      if (isRejected) return `authentication rejected: ${problem}`;
      return clock.now() - since >= disconnectedGraceMs ? `reports do not leave: ${problem}` : undefined;
    },
  };
}

function openLink(config: KollectorConfig, ports: ReportingPorts): ReportLink | undefined {
  const { eventReceiverUrl: address, account = '' } = config;
  const clusterName = sanitizeClusterName(config.clusterName ?? '');
  if (address === undefined || address === '') return undefined;
  const url = receiverUrl(address, { clusterName, account });
  if (url === undefined) throw fail('RECEIVER_INVALID', { address });
  if (config.accessKey === undefined)
    ports.logger.info({ receiver: url.host }, 'no access key is configured for the receiver of reports');
  let wasConnected = false;
  return createReportLink(
    {
      url,
      key: config.accessKey,
      outgoing: ports.outgoing,
      pingIntervalMs: config.pingInterval,
      backoff: { minMs: config.reconnectMin, maxMs: config.reconnectMax },
    },
    {
      ...ports,
      onChange: ({ isConnected }) => {
        ports.meters.connected(isConnected);
        if (wasConnected && !isConnected) ports.onDisconnected?.();
        wasConnected = isConnected;
      },
    },
  );
}

function printed(session: ReportSession, print: (text: string) => void): ReportSession {
  return {
    signal: session.signal,
    send: async (frame) => {
      print(`${JSON.stringify(JSON.parse(frame), undefined, 2)}\n`);
      await session.send(frame);
    },
  };
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
