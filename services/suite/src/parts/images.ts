import { join } from 'node:path';
import { createGrype, createSyft, importSampleDatabase, type VulnerabilityMatcher } from '@kso/engines';
import { createHttpClient, describeError, readOutgoing } from '@kso/kit';
import type { KubeClient } from '@kso/kube';
import {
  type AskEndpoint,
  countEngineMemory,
  createExceptionEndpoint,
  createKubevuln,
  hostSwitches,
  KubevulnConfig,
  type KubevulnService,
  openCredentials,
  readClusterExceptions,
} from '@kso/kubevuln';
import { type CredentialSealer, createCredentialSealer, createRegistryClient, readOrCreateKey } from '@kso/registry';
import type { Store } from '@kso/store';
import { portsOf, type WorkingContext } from './context.ts';
import { openOutbox } from './outbox.ts';

export interface ImagesPart {
  readonly kubevuln: KubevulnService;
  readonly sealer: CredentialSealer;
  readonly store: Store;
  /** Somebody has built the engines, or given up. */
  enginesArrived(): Promise<void>;
  delivered(signal: AbortSignal): Promise<void>;
}

/** Scans of images. Without engines or database it starts all the same and says what is missing. */
export async function startImages(
  context: WorkingContext,
  { env, client }: { readonly env: NodeJS.ProcessEnv; readonly client: KubeClient | undefined },
): Promise<ImagesPart> {
  const { config, folders, stack, queue } = context;
  const { sample } = config.target;
  const settings = KubevulnConfig.parse({
    host: config.host,
    port: config.ports.kubevuln,
    dataDir: join(folders.target, 'kubevuln'),
    account: config.account,
    scanConcurrency: config.images.concurrency,
    shutdownTimeout: `${config.grace}ms`,
    enginesExpected: config.images.enginesExpected,
    databaseUpdate: {
      enabled: sample === undefined && config.images.updateDatabase,
      ...(config.images.databaseUrl === undefined ? {} : { url: config.images.databaseUrl }),
    },
    plainHttpRegistries: config.images.plainHttpRegistries,
    skipTlsVerifyRegistries: config.images.skipTlsVerifyRegistries,
    proxyRegistryMap: config.images.proxyRegistryMap,
    vulnerabilityMetrics: config.images.vulnerabilityMetrics,
    credentials: {
      pullSecrets: config.images.pullSecrets,
      // Its own namespace has such Secrets; that of somebody's kubeconfig is not its own.
      registrySecrets: config.images.registrySecrets && (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '',
      cloudIdentity: config.images.cloudIdentity,
      secretNames: config.images.registrySecretNames,
    },
    ...(sample === undefined ? {} : { imageLayouts: join(sample, 'images') }),
  });
  const engineOptions = { env, scratchRoot: folders.scratch, memoryBytes: settings.engineMemory };
  const peakOf = countEngineMemory(context.ports.metrics);
  const matcher = createGrype({
    ...engineOptions,
    onPeakMemory: peakOf('grype'),
    databaseDirectory: config.images.databaseDirectory ?? folders.vulnerabilityDatabase,
    mode: settings.cveMatchingMode,
    updateUrl: settings.databaseUpdate.url,
    updateTimeoutMs: settings.databaseUpdate.timeout,
  });
  const ports = portsOf(context, 'kubevuln');
  const sealer = createCredentialSealer(await readOrCreateKey(join(folders.target, 'credentials.key')));
  const registry = createRegistryClient({
    outgoing: readOutgoing(env),
    clock: ports.clock,
    hosts: hostSwitches(settings),
  });
  stack.onUnwind(() => registry.close());
  const logins = await openCredentials(settings, { ...ports, env, client });
  stack.onUnwind(() => logins.close());
  const { store, poster } = openOutbox(context, 'kubevuln');
  if (sample !== undefined) await importSample(matcher, sample, context);
  const kubevuln = await stack.start(
    createKubevuln(settings, {
      ...ports,
      queue,
      store,
      matcher,
      registry,
      sealer,
      credentials: logins.credentials,
      sbomEngine: createSyft({
        ...engineOptions,
        embeddedSboms: config.images.embeddedSboms,
        onPeakMemory: peakOf('syft'),
      }),
      poster,
      askExceptions: exceptionsOfBackend(context, env),
      ...(client !== undefined && config.policy.fromObjects
        ? { clusterExceptions: readClusterExceptions(client) }
        : {}),
    }),
    'kubevuln',
  );
  return {
    kubevuln,
    sealer,
    store,
    enginesArrived: async () => {
      if (sample !== undefined) await importSample(matcher, sample, context);
      await kubevuln.expect({ engines: false });
    },
    delivered: (signal) => poster.idle(signal),
  };
}

/** Exceptions that people keep at the CloudEndpoint. */
function exceptionsOfBackend(context: WorkingContext, env: NodeJS.ProcessEnv): AskEndpoint {
  const { config, folders, stack, backend } = context;
  const http = createHttpClient({ outgoing: readOutgoing(env) });
  stack.onUnwind(() => http.close());
  return createExceptionEndpoint({
    ...portsOf(context, 'kubevuln'),
    url: () => config.backend.url ?? backend.reportUrl(),
    http,
    account: config.account,
    accessKey: config.accessKey,
    directory: join(folders.target, 'kubevuln', 'exceptions'),
  });
}

/** Makes the sample's own vulnerability database. Without Grype there is nothing to do yet; without it images are "not evaluated". */
async function importSample(matcher: VulnerabilityMatcher, sample: string, context: WorkingContext): Promise<void> {
  const { logger } = portsOf(context, 'kubevuln');
  try {
    const file = join(sample, 'advisories.json');
    const { outcome } = await importSampleDatabase(matcher.database, { file, scratchRoot: context.folders.scratch });
    logger.info({ outcome }, 'sample vulnerability database');
  } catch (error) {
    logger.warn({ problem: describeError(error) }, 'the sample vulnerability database could not be made');
  }
}
