import { describeError, type HttpServer, type Service } from '@kso/kit';
import type { InventoryConfig } from '../config/schema.ts';
import type { ClusterInventory } from '../model.ts';
import type { Endpoint } from '../reporting/endpoint.ts';
import { healthReport } from '../reporting/health-report.ts';
import { findOwnWorkload } from '../reporting/own-workload.ts';
import { register, registrationBody } from '../reporting/registration.ts';
import type { AccountReport } from '../reporting/run-reports.ts';
import { createInventoryRun, type InventoryPorts } from './inventory-run.ts';
import { createPullServer } from './pull-server.ts';

export interface AgentPorts extends InventoryPorts {
  /** `HOSTNAME` and `POD_NAMESPACE` say who we are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of this product, as registered. */
  readonly version: string;
  /** Gets each inventory, e.g. to print it. */
  readonly onInventory?: (inventory: ClusterInventory) => void | Promise<void>;
}

export interface InventoryAgent extends Service {
  /** The newest inventory. */
  current(): ClusterInventory | undefined;
  /** Whether an API is configured that inventories are sent to. */
  readonly sends: boolean;
  /** Where inventories can be pulled, once it listens. */
  pullUrl(): string | undefined;
  /** Resolves when stopped; rejects when the API refuses us for good (REGISTRATION_REFUSED). */
  readonly ended: Promise<void>;
}

const notYet = 'no inventory was taken yet';

/**
 * The periodic mode: registers with the API if it knows registration, sends health reports, and takes an inventory at once and then
 * every `polling-interval-seconds`, one at a time. What fails is logged and tried again at the next time.
 */
export function createInventoryAgent(config: InventoryConfig, ports: AgentPorts): InventoryAgent {
  const { clock, logger } = ports;
  const task = createInventoryRun(config, ports);
  const intervalMs = config['polling-interval-seconds'] * 1000;
  const healthMs = config['health-report-interval-seconds'] * 1000;
  const stopping = new AbortController();
  const { signal } = stopping;
  const { promise: ended, resolve: end, reject: endWith } = Promise.withResolvers<void>();
  ended.catch(() => undefined);
  const reported = new Map<string, AccountReport>();
  let startedAt = clock.now();
  let current: ClusterInventory | undefined;
  let failure: string | undefined = notYet;
  let refusal: string | undefined;
  let succeededAt: number | undefined;
  let working: Promise<void> | undefined;
  let pull: HttpServer | undefined;
  let pullUrl: string | undefined;

  const poll = async (): Promise<void> => {
    try {
      const { inventory, reports } = await task.run(signal);
      current = inventory;
      for (const report of reports) reported.set(report.account, report);
      failure = reports.every(({ isSent }) => isSent) ? undefined : 'the last report was not taken by the API';
      if (failure === undefined) succeededAt = clock.now();
      await ports.onInventory?.(inventory);
    } catch (error) {
      failure = describeError(error);
    }
  };
  const pollForever = async (): Promise<void> => {
    while (!signal.aborted) {
      const began = clock.now();
      await poll();
      const pause = Math.max(0, began + intervalMs - clock.now());
      await clock.sleep(pause, signal).catch(() => undefined);
    }
  };
  const reportHealthForever = async (uuid: string, endpoint: Endpoint): Promise<void> => {
    const path = `v2/system/integrations/${encodeURIComponent(uuid)}/health-report`;
    while (!signal.aborted) {
      const now = clock.now();
      const body = healthReport({
        now,
        startedAt,
        intervalSeconds: healthMs / 1000,
        oldestMs: 2 * intervalMs,
        reports: [...reported.values()],
        gaps: current?.gaps ?? [],
        failure: failure === notYet ? undefined : failure,
      });
      const { account } = config.anchore;
      const as = { account, credentials: endpoint.credentials(account) };
      const answer = await endpoint.client.send({ method: 'POST', path, body, as, signal }).catch(() => undefined);
      if (answer !== undefined && (answer.outcome !== 'answered' || answer.status >= 300))
        logger.warn({ status: answer.outcome === 'answered' ? answer.status : 0 }, 'the health report was not taken');
      await clock.sleep(healthMs, signal).catch(() => undefined);
    }
  };
  const registered = async (): Promise<string | undefined> => {
    const { endpoint, settings } = task;
    // KAI's API knows no registration.
    if (endpoint === undefined || config.format === 'kai') return undefined;
    const own = await findOwnWorkload(ports.client, ports.env, signal);
    const clusterName = settings.collect.clusterName || ports.client.name;
    const body = registrationBody({ config, settings, own, clusterName, version: ports.version, startedAt });
    const { account } = config.anchore;
    const as = { account, credentials: endpoint.credentials(account) };
    const result = await register(() => body(clock.now()), as, { client: endpoint.client, clock, logger }, signal);
    if (result.outcome === 'registered') return result.uuid;
    logger.info({ reason: result.reason }, 'inventories are sent without registration');
    return undefined;
  };
  const work = async (): Promise<void> => {
    try {
      const uuid = await registered();
      const { endpoint } = task;
      const health = uuid === undefined || endpoint === undefined ? undefined : reportHealthForever(uuid, endpoint);
      await Promise.all([health, pollForever()]);
      end();
    } catch (error) {
      if (signal.aborted) return end();
      refusal = describeError(error);
      logger.error({ problem: refusal }, 'the inventory has ended');
      endWith(error);
    }
  };

  return {
    name: 'inventory',
    ended,
    current: () => current,
    sends: task.endpoint !== undefined,
    pullUrl: () => pullUrl,
    start: async () => {
      startedAt = clock.now();
      const { host, port, token } = config.pull;
      if (port >= 0) {
        pull = createPullServer({ ...ports, host, port, token, current: () => current });
        pullUrl = (await pull.start()).url;
      }
      working ??= work();
    },
    stop: async () => {
      stopping.abort(new Error('stopping'));
      await working;
      await pull?.stop();
      await task.close();
    },
    notReady: () => {
      if (refusal !== undefined) return refusal;
      const isRecent = succeededAt !== undefined && clock.now() - succeededAt < 3 * intervalMs;
      return isRecent ? undefined : (failure ?? 'the last inventory is older than three intervals');
    },
    remarks: () => [
      ...(failure === undefined || refusal !== undefined ? [] : [failure]),
      ...(current?.gaps.length ? [`the last inventory has ${current.gaps.length} gaps`] : []),
    ],
  };
}
