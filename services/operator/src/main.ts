import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
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
import {
  createClusterSource,
  createKubeClient,
  createLeaderElection,
  createOwnerLookup,
  createPodReader,
  findConnection,
  type KubeClient,
  topOwner,
  openTokenAccess,
} from '@kso/kube';
import { sqliteAskedImages } from '@kso/new-images';
import { createBullQueue, createInProcessQueue, type JobQueue } from '@kso/queue';
import { createRegistryCatalogues, type RegistryCatalogues } from '@kso/registry';
import { type Outbox, openSqliteStore } from '@kso/store';
import { readArguments, usage } from './arguments.ts';
import { type OperatorConfig, operatorConfig } from './config.ts';
import { clusterCommandObjects } from './custom-resources/command-objects.ts';
import { withForeignSettings } from './foreign-settings.ts';
import { clusterPods } from './pods/pod-sources.ts';
import type { RegistryPorts } from './registries/carry-out-registry.ts';
import { clusterRegistries } from './registries/cluster-registries.ts';
import { clusterSchedules } from './schedules/cluster-schedules.ts';
import { createOperator, type NewImagePorts, type OperatorPorts } from './service.ts';

const given = readArguments(process.argv.slice(2));

/** The operator as a process of its own: real queue, outbox, poster and cluster around the service. */
async function create(ports: BasePorts): Promise<Service> {
  const { env } = process;
  const loaded = loadConfig(operatorConfig, { env, overrides: given.settings, logger: ports.logger });
  const config = withForeignSettings(loaded.config, env, ports.logger);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const outgoing = readOutgoing(env);
  const http = createHttpClient({ outgoing });
  const store = openSqliteStore({ path: path.join(config.dataDir, 'operator.db') });
  const queue = await openQueue(config, ports);
  const poster = openPoster(config, store.outbox, ports);
  const client = await openCluster(config, env, ports);
  const access = await openTokenAccess(config.access, { ...ports, env, userAgent: 'kso-operator' });
  const catalogues = createRegistryCatalogues({ outgoing, clock: ports.clock, env });
  const newImages = client === undefined ? undefined : newImagePorts(client, config, ports);
  const operator = createOperator(config, {
    ...ports,
    tokens: access.authenticator,
    queue,
    http,
    outgoing,
    registries: registryPorts(catalogues, client, config),
    ...(client === undefined ? {} : clusterPorts(client, config, ports)),
    ...(newImages === undefined ? {} : { newImages }),
    ...(poster === undefined ? {} : { reports: { ...store, wake: () => poster.wake() } }),
  });
  const adapters: Service = {
    name: 'adapters',
    start: () => Promise.resolve(poster?.start()),
    stop: async () => {
      await poster?.stop();
      await queue.close();
      newImages?.asked.close();
      await client?.close();
      await access.close();
      await http.close();
      await catalogues.close();
      store.close();
    },
  };
  const health = createHealthServer({ ...ports, host: config.host, port: config.healthPort, services: [operator] });
  return composeServices('operator', [adapters, health, operator]);
}

function openQueue({ redis, dataDir }: OperatorConfig, ports: BasePorts): Promise<JobQueue> {
  if (redis === undefined)
    return Promise.resolve(createInProcessQueue({ file: path.join(dataDir, 'queue.db') }, ports));
  const { address, ...login } = redis;
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

/** Registries, and where their logins and set-ups are kept: without a namespace only what needs no login can be scanned. */
function registryPorts(
  catalogues: RegistryCatalogues,
  client: KubeClient | undefined,
  config: OperatorConfig,
): RegistryPorts {
  const namespace = config.namespace ?? client?.namespace;
  if (client === undefined || namespace === undefined) return { catalogues };
  return { catalogues, store: clusterRegistries(client, namespace) };
}

/** What the operator has of a cluster. Without a namespace of its own it makes no CronJobs there and takes no commands from there. */
function clusterPorts(
  client: KubeClient,
  config: OperatorConfig,
  ports: BasePorts,
): Pick<OperatorPorts, 'pods' | 'schedules' | 'commandObjects' | 'leadership'> {
  const { clock, logger } = ports;
  const namespace = config.namespace ?? client.namespace;
  const pods = clusterPods(createPodReader(client, createOwnerLookup(client, clock)));
  if (namespace === undefined) return { pods };
  const identity = `${hostname()}-${randomUUID().slice(0, 8)}`;
  return {
    pods,
    schedules: clusterSchedules(client, namespace, logger),
    ...(config.customResources.enabled ? { commandObjects: clusterCommandObjects(client, namespace, ports) } : {}),
    ...(config.customResources.enabled || config.newImages.enabled
      ? { leadership: createLeaderElection({ namespace, name: 'operator', identity }, { ...ports, client }) }
      : {}),
  };
}

function newImagePorts(client: KubeClient, config: OperatorConfig, ports: BasePorts): NewImagePorts | undefined {
  if (!config.newImages.enabled) return undefined;
  const lookUp = createOwnerLookup(client, ports.clock);
  return {
    source: createClusterSource({ ...ports, client }),
    topOwner: (object) => topOwner(object, lookUp),
    asked: sqliteAskedImages(path.join(config.dataDir, 'asked-images.db')),
  };
}

/** Without a cluster everything but image scans works. */
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

if (given.help) process.stdout.write(`${usage}\n`);
else await runMain(create, { service: 'operator' });
