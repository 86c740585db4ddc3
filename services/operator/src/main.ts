import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createPoster, type Poster } from '@kso/delivery';
import {
  type BasePorts,
  composeServices,
  createHealthServer,
  createHttpClient,
  KsoError,
  loadConfig,
  readOutgoing,
  runMain,
  type Service,
} from '@kso/kit';
import { createKubeClient, createOwnerLookup, createPodReader, findConnection, type KubeClient } from '@kso/kube';
import { createBullQueue, createInProcessQueue, type JobQueue } from '@kso/queue';
import { type Outbox, openSqliteStore } from '@kso/store';
import { type OperatorConfig, operatorConfig } from './config.ts';
import { withForeignSettings } from './foreign-settings.ts';
import { clusterPods } from './pods/pod-sources.ts';
import { clusterSchedules } from './schedules/cluster-schedules.ts';
import { createOperator, type OperatorPorts } from './service.ts';

/** The operator as a process of its own: real queue, outbox, poster and cluster around the service. */
async function create(ports: BasePorts): Promise<Service> {
  const { env } = process;
  const loaded = loadConfig(operatorConfig, { env, logger: ports.logger });
  const config = withForeignSettings(loaded.config, env, ports.logger);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const outgoing = readOutgoing(env);
  const http = createHttpClient({ outgoing });
  const store = openSqliteStore({ path: path.join(config.dataDir, 'operator.db') });
  const queue = await openQueue(config, ports);
  const poster = openPoster(config, store.outbox, ports);
  const client = await openCluster(config, env, ports);
  const operator = createOperator(config, {
    ...ports,
    queue,
    http,
    outgoing,
    ...(client === undefined ? {} : clusterPorts(client, config, ports)),
    ...(poster === undefined ? {} : { reports: { ...store, wake: () => poster.wake() } }),
  });
  const adapters: Service = {
    name: 'adapters',
    start: () => Promise.resolve(poster?.start()),
    stop: async () => {
      await poster?.stop();
      await queue.close();
      await client?.close();
      await http.close();
      store.close();
    },
  };
  const health = createHealthServer({ ...ports, host: config.host, port: config.healthPort, services: [operator] });
  return composeServices('operator', [adapters, health, operator]);
}

function openQueue({ redis, dataDir }: OperatorConfig, ports: BasePorts): Promise<JobQueue> {
  if (redis === undefined)
    return Promise.resolve(createInProcessQueue({ file: path.join(dataDir, 'queue.db') }, ports));
  const { address, username, password } = redis;
  const login = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  return createBullQueue({ redis: { ...address, ...login } }, ports);
}

function openPoster({ reports, account }: OperatorConfig, outbox: Outbox, ports: BasePorts): Poster | undefined {
  const { enabled, url, accessKey } = reports;
  if (!enabled || url === undefined) return undefined;
  const login = {
    ...(account === '' ? {} : { account }),
    ...(accessKey === undefined ? {} : { accessKey: accessKey.reveal() }),
  };
  return createPoster({ ...ports, outbox, service: 'operator', target: { url, ...login } });
}

/** Without a cluster everything but image scans works. */
/** What the operator has of a cluster. Recurring scans need a namespace for their CronJobs: that of the pod, or a configured one. */
function clusterPorts(
  client: KubeClient,
  config: OperatorConfig,
  { clock, logger }: BasePorts,
): Pick<OperatorPorts, 'pods' | 'schedules'> {
  const namespace = config.schedules.namespace ?? client.namespace;
  return {
    pods: clusterPods(createPodReader(client, createOwnerLookup(client, clock))),
    ...(namespace === undefined ? {} : { schedules: clusterSchedules(client, namespace, logger) }),
  };
}

async function openCluster(
  config: OperatorConfig,
  env: NodeJS.ProcessEnv,
  { clock, logger }: BasePorts,
): Promise<KubeClient | undefined> {
  const { kubeconfig, context } = config;
  try {
    const connection = await findConnection({
      env,
      clock,
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    });
    return createKubeClient(connection, { clock, userAgent: 'kso-operator' });
  } catch (error) {
    if (!(error instanceof KsoError && error.code === 'KUBE_NOT_CONFIGURED')) throw error;
    logger.warn({ err: error }, 'no cluster: scan commands are refused');
    return undefined;
  }
}

await runMain(create, { service: 'operator' });
