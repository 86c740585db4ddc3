import { mkdirSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { sanitizeClusterName } from '@kso/domain';
import {
  type BasePorts,
  composeServices,
  createHealthServer,
  createHttpClient,
  loadConfig,
  type Outgoing,
  readOutgoing,
  runMain,
} from '@kso/kit';
import {
  createClusterSource,
  createKubeClient,
  createLeaderElection,
  createOwnerLookup,
  findConnection,
  type KubeClient,
  topOwner,
} from '@kso/kube';
import { memoryAskedImages, sqliteAskedImages } from '@kso/new-images';
import { type KollectorConfig, kollectorConfig } from './config.ts';
import { withForeignSettings } from './foreign-settings.ts';
import { createInventoryPart, inventoryConfigOf } from './inventory/inventory-part.ts';
import { findCloudVendor } from './metadata/cloud-vendor.ts';
import { createKollector } from './service.ts';
import { createSender } from './triggers/create-sender.ts';

/** As the existing product ends when its connection does (kollector.md 2.5). */
const disconnectedExitCode = 4;
const cloudMetadataBudgetMs = 5000;

await runMain(
  async (ports) => {
    const { env } = process;
    const loaded = loadConfig(kollectorConfig, { env, logger: ports.logger });
    const settings = withForeignSettings(loaded.config, ports.logger);
    const connection = await findConnection({
      env,
      clock: ports.clock,
      ...(settings.kubeconfig === undefined ? {} : { kubeconfig: settings.kubeconfig }),
      ...(settings.context === undefined ? {} : { context: settings.context }),
    });
    const clusterName = sanitizeClusterName(settings.clusterName ?? connection.name);
    const config = { ...settings, clusterName, installation: { ...settings.installation, clusterName } };
    const client = createKubeClient(connection, { clock: ports.clock, userAgent: 'kso-kollector' });
    const lookUp = createOwnerLookup(client, ports.clock);
    const outgoing = readOutgoing(env);
    const http = createHttpClient({ outgoing });
    const asked = openAskedImages(config.dataDir);
    const ownerOf = (object: Parameters<typeof topOwner>[0]) => topOwner(object, lookUp);

    const kollector = createKollector(config, {
      ...ports,
      source: createClusterSource({ ...ports, client }),
      topOwner: ownerOf,
      sender: createSender(config, clusterName, { ...ports, http }),
      asked,
      podLog: client.podLog,
      reports: {
        reader: { topOwner: ownerOf, get: client.get },
        cloudVendor: () => findCloudVendor({ url: config.cloudMetadataUrl, budgetMs: cloudMetadataBudgetMs }, http),
        outgoing,
        print: (text) => void process.stdout.write(text),
        ...(config.exitOnDisconnect ? { onDisconnected: () => process.exit(disconnectedExitCode) } : {}),
      },
      ...(config.inventory.enabled ? { inventory: openInventory(config, client, outgoing, ports) } : {}),
      ...(config.lease.enabled ? { election: openElection(config, client, ports) } : {}),
    });
    const adapters = {
      name: 'adapters',
      start: () => Promise.resolve(),
      stop: async () => {
        asked.close();
        await http.close();
        await client.close();
      },
    };
    const health = createHealthServer({ ...ports, host: config.host, port: config.healthPort, services: [kollector] });
    return composeServices('kollector', [adapters, health, kollector]);
  },
  { service: 'kollector' },
);

function openInventory(config: KollectorConfig, client: KubeClient, outgoing: Outgoing, ports: BasePorts) {
  const { env } = process;
  const settings = inventoryConfigOf(config, { env, cwd: process.cwd(), home: homedir() }, ports.logger);
  return createInventoryPart(settings, { ...ports, client, outgoing, env });
}

function openElection({ lease }: KollectorConfig, client: KubeClient, ports: BasePorts) {
  const { name, identity = hostname(), namespace = client.namespace ?? 'default' } = lease;
  return createLeaderElection({ namespace, name, identity }, { ...ports, client });
}

function openAskedImages(dataDir: string | undefined) {
  if (dataDir === undefined || dataDir === '') return memoryAskedImages();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return sqliteAskedImages(path.join(dataDir, 'asked-images.db'));
}
