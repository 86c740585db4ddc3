// Memory of the services by the size of the cluster: npx -y pnpm@12 bench:memory [SIZES] (needs tsc -b)
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import { freePort } from '@kso/testkit';
import { generateObjects } from './objects.ts';
import { cpuMsOf, memoryMiBOf } from './process-usage.ts';

interface Subject {
  readonly service: string;
  /** Variables of the service; ports are free ones. */
  readonly env: (o: { kubeconfig: string; folder: string; port: number; healthPort: number }) => Record<string, string>;
  /** Asked for once it is at rest, so that the peak is that of work. */
  readonly work?: (port: number) => Promise<unknown>;
}

const command = (body: object) => (port: number) =>
  fetch(`http://127.0.0.1:${port}/v1/triggerAction`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ commands: [body] }),
  });

const subjects: readonly Subject[] = [
  {
    service: 'kubescape-scanner',
    env: ({ kubeconfig, folder, port, healthPort }) => ({
      KSO_SCANNER_PORT: String(port),
      KSO_SCANNER_HEALTH_PORT: String(healthPort),
      KSO_SCANNER_DATA_DIR: folder,
      KSO_SCANNER_CLUSTER_NAME: 'bench',
      KSO_SCANNER_SOURCE_KUBECONFIG: kubeconfig,
    }),
    work: (port) =>
      fetch(`http://127.0.0.1:${port}/v1/scan`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
  },
  {
    service: 'operator',
    env: ({ kubeconfig, folder, port, healthPort }) => ({
      KSO_OPERATOR_PORT: String(port),
      KSO_OPERATOR_HEALTH_PORT: String(healthPort),
      KSO_OPERATOR_DATA_DIR: folder,
      KSO_OPERATOR_CLUSTER_NAME: 'bench',
      KSO_OPERATOR_KUBECONFIG: kubeconfig,
    }),
    work: command({ commandName: 'scan', designators: [{ designatorType: 'Attributes', attributes: {} }] }),
  },
  {
    service: 'kollector',
    env: ({ kubeconfig, folder, port, healthPort }) => ({
      KSO_KOLLECTOR_HEALTH_PORT: String(healthPort),
      KSO_KOLLECTOR_DATA_DIR: folder,
      KSO_KOLLECTOR_CLUSTER_NAME: 'bench',
      KSO_KOLLECTOR_KUBECONFIG: kubeconfig,
      // Nobody answers there: what cannot be delivered waits in memory, which is the worst case.
      KSO_KOLLECTOR_OPERATOR_URL: `http://127.0.0.1:${port}`,
    }),
  },
];

/** Services that do not look at the cluster: measured once. */
const others: readonly Subject[] = [
  {
    service: 'gateway',
    env: ({ port, healthPort }) => ({
      KSO_GATEWAY_WEBSOCKET_PORT: '0',
      KSO_GATEWAY_HTTP_PORT: String(port),
      KSO_GATEWAY_HEALTH_PORT: String(healthPort),
    }),
  },
  {
    service: 'cloud-endpoint',
    env: ({ folder, port, healthPort }) => ({
      KSO_CLOUD_ENDPOINT_PORT: String(port),
      KSO_CLOUD_ENDPOINT_HEALTH_PORT: String(healthPort),
      KSO_CLOUD_ENDPOINT_DATA_DIR: folder,
    }),
  },
];

/** Until a process has used less than 3 % of a processor for three seconds. */
async function atRest(pid: number): Promise<void> {
  for (let quiet = 0, before = cpuMsOf(pid); quiet < 3; ) {
    await sleep(1000);
    const now = cpuMsOf(pid);
    quiet = now - before < 30 ? quiet + 1 : 0;
    before = now;
  }
}

async function ready(healthPort: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${healthPort}/v1/readiness`).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(200);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function measure(subject: Subject, cluster: FakeApiServer, objects: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-bench-memory-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(cluster.url)));
  const [port, healthPort] = [await freePort(), await freePort()];
  const main = path.resolve(import.meta.dirname, `../../services/${subject.service}/dist/main.js`);
  if (!existsSync(main)) throw new Error(`${main} is missing: run tsc -b first`);
  const env = { ...process.env, KSO_LOG_LEVEL: 'error', ...subject.env({ kubeconfig, folder, port, healthPort }) };
  const child = spawn(process.execPath, ['--max-semi-space-size=4', '--conditions=compiled', main], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${subject.service} did not start`);
  await ready(healthPort);
  await atRest(pid);
  const rest = Math.round(memoryMiBOf(pid, 'VmRSS'));
  if (subject.work !== undefined) {
    const answer = await subject.work(port);
    if (answer instanceof Response && !answer.ok) console.error(await answer.text());
    await atRest(pid);
  }
  console.log(
    `| ${subject.service} | ${objects.toLocaleString('en')} | ${rest} | ${Math.round(memoryMiBOf(pid, 'VmHWM'))} |`,
  );
  await stop(child);
  rmSync(folder, { recursive: true, force: true });
}

const kubeconfigOf = (server: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'bench', cluster: { server } }],
  users: [{ name: 'bench', user: { token: 'none' } }],
  contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
  'current-context': 'bench',
});

console.log('| service | objects | at rest, MiB | peak, MiB |\n|---|---|---|---|');
for (const size of (process.argv[2] ?? '50,500,5000,20000').split(',').map(Number)) {
  const cluster = await startFakeApiServer();
  for (const object of generateObjects(size)) cluster.put(object);
  for (const subject of subjects) await measure(subject, cluster, size);
  await cluster.stop();
}
const empty = await startFakeApiServer();
for (const subject of others) await measure(subject, empty, 0);
await empty.stop();
