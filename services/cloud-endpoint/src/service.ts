import { type BasePorts, createHttpServer, type FastifyInstance, isLoopbackHost, type Service } from '@kso/kit';
import { type Account, createAccessControl } from './access/access-control.ts';
import { registerDiscovery } from './api/discovery.ts';
import { createEventHub } from './api/events.ts';
import { registerApi } from './api/routes.ts';
import { registerClusterReports } from './cluster-reports/routes.ts';
import { openStateStore } from './cluster-reports/state-store.ts';
import type { Notifications } from './commands/notifications.ts';
import { registerCommands } from './commands/routes.ts';
import type { CloudEndpointConfig } from './config.ts';
import { type Database, databaseFile, openEndpointDatabase } from './database/database.ts';
import type { Retention } from './ingest/apply/retention.ts';
import { withBacklogLimit } from './ingest/backlog.ts';
import type { Change, Ingest, IngestOptions } from './ingest/port.ts';
import { createReceiver } from './ingest/receiver.ts';
import { registerIngestRoutes } from './ingest/routes.ts';
import { createWorkerIngest } from './ingest/worker-ingest.ts';
import { registerInventoryReading } from './inventory/routes.ts';
import { registerPage } from './page/page.ts';
import { createPolicyDocuments } from './policy/documents.ts';
import { registerPolicyRoutes } from './policy/routes.ts';
import { registerPolicyReading } from './policy/sender-routes.ts';
import { createScheduleQueries } from './schedules/queries.ts';
import { registerSchedules } from './schedules/routes.ts';

export {
  type GatewayOptions,
  gatewayNotifications,
  type NotificationResult,
  type Notifications,
} from './commands/notifications.ts';
export { type CloudEndpointConfig, cloudEndpointConfig } from './config.ts';
export { cloudEndpointErrors } from './errors.ts';

export interface CloudEndpoint extends Service {
  /** For requests without a socket (`inject`). */
  readonly app: FastifyInstance;
  /** Where it listens, once it does. */
  url(): string | undefined;
}

export interface CloudEndpointPorts extends BasePorts {
  /** The way to the clusters; without it commands are answered `NO_GATEWAY`. */
  readonly notifications?: Notifications | undefined;
}

const pruneEveryMs = 60 * 60 * 1000;

/**
 * The CloudEndpoint that people run themselves: receives reports, keeps them, shows them on a page and by an API (cloud-endpoint.md).
 * With a data folder reports are stored by a thread of their own; in memory, by the caller's.
 * @throws the STORE_… errors of `@kso/kit` when the data folder cannot be used
 */
export function createCloudEndpoint(config: CloudEndpointConfig, ports: CloudEndpointPorts): CloudEndpoint {
  const { logger, clock } = ports;
  const file = databaseFile(config.dataDir);
  const database = openEndpointDatabase(file);
  const access = createAccessControl(accountsOf(config), config.publicUrl);
  const events = createEventHub();
  const ingest = withBacklogLimit(createIngest(config, database, file, ports), config.limits.backlog, ports.metrics);
  const server = createHttpServer({
    name: 'cloud-endpoint',
    host: config.host,
    port: config.port,
    ...(config.tls === undefined ? {} : { tls: config.tls }),
    ...ports,
  });
  const { app } = server;

  registerIngestRoutes(app, {
    ...ports,
    ingest,
    access,
    reportLimit: config.limits.report,
    onChange: (change) => events.publish(change),
  });
  registerDiscovery(app, { publicUrl: config.publicUrl, gatewayUrl: config.gatewayUrl });
  const imageTtlDays = config.inventory.imageTtlDays === 0 ? -1 : config.inventory.imageTtlDays;
  if (config.inventory.imageTtlDays === 0) logger.warn({ imageTtlDays }, 'inventory.imageTtlDays of 0 counts as -1');
  registerApi(app, { sql: database.sql, access, events, clock, imageTtlDays });
  registerInventoryReading(app, { sql: database.sql, access, clock, imageTtlDays });
  const documents = createPolicyDocuments(database.sql);
  const onChange = (change: Change): void => events.publish(change);
  registerPolicyReading(app, { access, documents, clock });
  registerPolicyRoutes(app, { access, documents, ingest, onChange, logger });
  const sending = { notifications: ports.notifications, logger };
  registerCommands(app, { access, ...sending });
  registerSchedules(app, {
    ...sending,
    access,
    ingest,
    onChange,
    clock,
    schedules: createScheduleQueries(database.sql),
  });
  const states = openStateStore(config.dataDir);
  registerClusterReports(app, { ...ports, access, states, reportLimit: config.limits.report });
  registerPage(app);

  let url: string | undefined;
  let stopped: Promise<void> | undefined;
  const stopping = new AbortController();
  const pruneForever = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await ingest.prune().catch((error: unknown) => logger.error({ err: error }, 'old history could not be removed'));
      await clock.sleep(pruneEveryMs, stopping.signal).catch(() => undefined);
    }
  };
  let pruning: Promise<void> | undefined;

  const service: CloudEndpoint = {
    name: 'cloud-endpoint',
    app,
    url: () => url,
    async start() {
      if (access.isOpen && !isLoopbackHost(config.host))
        logger.warn({ host: config.host }, 'no account is configured: only requests from this machine are answered');
      ({ url } = await server.start());
      pruning ??= pruneForever();
    },
    stop: () => (stopped ??= stop()),
    notReady: () => (stopped === undefined ? ingest.notReady() : 'stopping'),
  };
  return service;

  async function stop(): Promise<void> {
    stopping.abort();
    events.close();
    await server.stop();
    await pruning;
    await ingest.close();
    states.close();
    database.close();
  }
}

function createIngest(config: CloudEndpointConfig, database: Database, file: string, ports: BasePorts): Ingest {
  const options: IngestOptions = {
    file,
    reportLimit: config.limits.report,
    retention: retentionOf(config),
  };
  // What is in memory cannot be shared with a thread.
  if (config.dataDir === undefined) return createReceiver(database, { ...options, clock: ports.clock });
  return createWorkerIngest(options, ports.logger);
}

/** What is not in use any more is kept for its `firstSeen`, should it come back, when reports alone decide. */
const unusedImagesMs = 120 * 86_400_000;

function retentionOf({ retention, inventory }: CloudEndpointConfig): Retention {
  const { history, changes = history, scores = history, jobs = history, reports = history, receipts } = retention;
  return {
    changesMs: changes,
    scoresMs: scores,
    jobsMs: jobs,
    reportsMs: reports,
    receiptsMs: receipts,
    inventoryMs: inventory.imageTtlDays > 0 ? inventory.imageTtlDays * 86_400_000 : unusedImagesMs,
  };
}

function accountsOf(config: CloudEndpointConfig): Account[] {
  const { account, accessKey, accounts } = config;
  return account === undefined || accessKey === undefined ? accounts : [{ id: account, accessKey }, ...accounts];
}
