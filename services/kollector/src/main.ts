import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { sanitizeClusterName } from '@kso/domain';
import { composeServices, createHealthServer, createHttpClient, loadConfig, readOutgoing, runMain } from '@kso/kit';
import { createClusterSource, createKubeClient, createOwnerLookup, findConnection, topOwner } from '@kso/kube';
import { kollectorConfig } from './config.ts';
import { withForeignSettings } from './foreign-settings.ts';
import { memoryAskedImages, sqliteAskedImages } from './images/asked-images.ts';
import { createKollector } from './service.ts';
import { createSender } from './triggers/create-sender.ts';

await runMain(
  async (ports) => {
    const { env } = process;
    const loaded = loadConfig(kollectorConfig, { env, logger: ports.logger });
    const config = withForeignSettings(loaded.config, ports.logger);
    const connection = await findConnection({
      env,
      clock: ports.clock,
      ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
      ...(config.context === undefined ? {} : { context: config.context }),
    });
    const client = createKubeClient(connection, { clock: ports.clock, userAgent: 'kso-kollector' });
    const lookUp = createOwnerLookup(client, ports.clock);
    const http = createHttpClient({ outgoing: readOutgoing(env) });
    const clusterName = sanitizeClusterName(config.clusterName ?? connection.name);
    const asked = openAskedImages(config.dataDir);

    const kollector = createKollector(
      { ...config, clusterName },
      {
        ...ports,
        source: createClusterSource({ ...ports, client }),
        topOwner: (object) => topOwner(object, lookUp),
        sender: createSender(config, clusterName, { ...ports, http }),
        asked,
      },
    );
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

function openAskedImages(dataDir: string | undefined) {
  if (dataDir === undefined || dataDir === '') return memoryAskedImages();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return sqliteAskedImages(path.join(dataDir, 'asked-images.db'));
}
