import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSyft } from '@kso/engines';
import {
  type BasePorts,
  composeServices,
  createHealthServer,
  createHttpClient,
  loadConfig,
  readOutgoing,
  rotatingToken,
  runMain,
  type Service,
} from '@kso/kit';
import { createBullQueue } from '@kso/queue';
import { countEngineMemory } from '../engine-memory.ts';
import { workerConfig } from './config.ts';
import { createOwner } from './owner.ts';
import { createKubevulnWorker } from './worker.ts';

/** A worker as a process of its own: real engine, queue and owner around it. */
async function create(ports: BasePorts): Promise<Service> {
  const { env } = process;
  const { config } = loadConfig(workerConfig, { env, logger: ports.logger });
  const { dataDir, engineMemory: memoryBytes } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { address, ...login } = config.redis;
  const queue = await createBullQueue({ redis: { ...address, ...login } }, ports);
  const http = createHttpClient({ outgoing: readOutgoing(env) });
  const { clock } = ports;
  const worker = createKubevulnWorker(config, {
    ...ports,
    queue,
    sbomEngine: createSyft({
      env,
      scratchRoot: join(dataDir, 'scratch'),
      memoryBytes,
      program: config.syft,
      embeddedSboms: config.embeddedSboms,
      onPeakMemory: countEngineMemory(ports.metrics)('syft'),
    }),
    owner: createOwner({
      http,
      url: new URL(config.owner),
      token: rotatingToken(config.tokenFile, { clock }),
      clock,
      budgetMs: 120_000,
    }),
  });
  const adapters: Service = {
    name: 'adapters',
    start: () => Promise.resolve(),
    stop: async () => {
      await queue.close();
      await http.close();
    },
  };
  const health = createHealthServer({ ...ports, host: config.host, port: config.healthPort, services: [worker] });
  return composeServices('kubevuln-worker', [adapters, health, worker]);
}

const usage = `usage: kubevuln-worker

Makes SBOMs for kubevuln. It is configured by variables KSO_KUBEVULN_WORKER_…, of which OWNER, TOKEN_FILE and REDIS_ADDRESS are
needed, or by the file KSO_KUBEVULN_WORKER_CONFIG_FILE (docs/reference/kubevuln-worker.md).`;

if (process.argv.slice(2).some((argument) => /^--?h(elp)?$/.test(argument))) process.stdout.write(`${usage}\n`);
else await runMain(create, { service: 'kubevuln-worker' });
