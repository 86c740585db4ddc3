import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createPoster, type Poster } from '@kso/delivery';
import { createGrype, createSyft } from '@kso/engines';
import { type BasePorts, createHealthServer, loadConfig, readOutgoing, runMain, type Service } from '@kso/kit';
import { openTokenAccess } from '@kso/kube';
import { createBullQueue, createInProcessQueue, type JobQueue } from '@kso/queue';
import { createCredentialSealer, createRegistryClient, readOrCreateKey } from '@kso/registry';
import { openSqliteStore, type Store } from '@kso/store';
import { type KubevulnConfig, kubevulnConfig } from './config.ts';
import { openCredentials } from './credentials/open.ts';
import { countEngineMemory } from './engine-memory.ts';
import { fail } from './errors.ts';
import { openExceptions } from './exceptions/open.ts';
import { withForeignSettings } from './foreign-settings.ts';
import { hostSwitches } from './host-switches.ts';
import { openProfiles } from './relevancy/open.ts';
import { createKubevuln } from './service.ts';

/** Kubevuln as a process of its own: real engines, queue, store and poster around the service. */
async function create(ports: BasePorts): Promise<Service> {
  const { env } = process;
  const loaded = loadConfig(kubevulnConfig, { env, logger: ports.logger });
  const config = withForeignSettings(loaded.config, loaded.sources, ports.logger);
  const { dataDir } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const keyFile = config.credentialKeyFile ?? join(dataDir, 'credentials.key');
  const sealer = createCredentialSealer(await readOrCreateKey(keyFile));
  const store = openSqliteStore({ path: join(dataDir, 'kubevuln.db') });
  const queue = await openQueue(config, ports);
  const outgoing = readOutgoing(env);
  const registry = createRegistryClient({
    outgoing,
    clock: ports.clock,
    hosts: hostSwitches(config),
    tokenServers: config.tokenServers,
  });
  const logins = await openCredentials(config, { ...ports, env });
  const poster = openPoster(config, store, ports);
  const exceptions = await openExceptions(config, { ...ports, env, outgoing });
  const profiles = await openProfiles(config, { ...ports, env });
  const workers = await openWorkerAccess(config, ports, env);
  const kubevuln = createKubevuln(config, {
    ...ports,
    ...exceptions.ports,
    ...profiles.ports,
    ...createEngines(config, ports, env),
    queue,
    store,
    registry,
    sealer,
    credentials: logins.credentials,
    workerTokens: workers.authenticator,
    ...(poster === undefined ? {} : { poster }),
  });
  const health = createHealthServer({ ...ports, host: config.host, port: config.healthPort, services: [kubevuln] });
  return {
    name: kubevuln.name,
    start: async () => {
      await health.start();
      poster?.start();
      await kubevuln.start();
    },
    stop: async () => {
      await kubevuln.stop();
      await poster?.stop();
      await queue.close();
      await registry.close();
      await logins.close();
      await exceptions.close();
      await profiles.close();
      await workers.close();
      store.close();
      await health.stop();
    },
    notReady: () => kubevuln.notReady?.(),
  };
}

/** Who may work for this process. Without Redis there is nothing that workers could take their orders from. */
function openWorkerAccess({ workers, redis }: KubevulnConfig, ports: BasePorts, env: NodeJS.ProcessEnv) {
  if (!workers.enabled) return { authenticator: undefined, close: () => Promise.resolve() };
  if (redis === undefined) throw fail('WORKERS_WITHOUT_REDIS');
  return openTokenAccess(workers.access, { ...ports, env, userAgent: 'kso-kubevuln' });
}

function createEngines(config: KubevulnConfig, { metrics }: BasePorts, env: NodeJS.ProcessEnv) {
  const { dataDir, engineMemory: memoryBytes, databaseUpdate, trustedVendors, embeddedSboms } = config;
  // Below the folder that the service clears at start.
  const scratchRoot = join(dataDir, 'scratch');
  const peakOf = countEngineMemory(metrics);
  return {
    sbomEngine: createSyft({
      env,
      scratchRoot,
      memoryBytes,
      program: config.syft,
      onPeakMemory: peakOf('syft'),
      embeddedSboms,
    }),
    matcher: createGrype({
      env,
      scratchRoot,
      memoryBytes,
      program: config.grype,
      onPeakMemory: peakOf('grype'),
      databaseDirectory: config.databaseDirectory ?? join(dataDir, 'grype'),
      mode: config.cveMatchingMode,
      updateUrl: databaseUpdate.url,
      updateTimeoutMs: databaseUpdate.timeout,
      ...(trustedVendors === undefined ? {} : { trustedVendors }),
    }),
  };
}

function openQueue({ redis, dataDir }: KubevulnConfig, ports: BasePorts): Promise<JobQueue> {
  if (redis === undefined) {
    return Promise.resolve(createInProcessQueue({ file: join(dataDir, 'queue.db') }, ports));
  }
  const { address, ...login } = redis;
  return createBullQueue({ redis: { ...address, ...login } }, ports);
}

function openPoster({ report, account }: KubevulnConfig, store: Store, ports: BasePorts): Poster | undefined {
  const { url, accessKey } = report;
  if (url === undefined) return undefined;
  return createPoster({
    ...ports,
    outbox: store.outbox,
    service: 'kubevuln',
    target: {
      url,
      ...(account === '' ? {} : { account }),
      ...(accessKey === undefined ? {} : { accessKey: accessKey.reveal() }),
    },
  });
}

await runMain(create, { service: 'kubevuln' });
