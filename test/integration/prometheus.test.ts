import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@kso/testkit';
import { type ControlPlane, startControlPlane } from '@kso/testkit/control-plane';
import { type RunningProgram, startProgram } from '@kso/testkit/process';
import { missingPrograms } from '@kso/testkit/programs';
import { type Prometheus, startPrometheus } from '@kso/testkit/prometheus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

interface Deployable {
  readonly name: string;
  /** Variables of a laptop: loopback, any port, a folder of its own. */
  env(place: Place): Readonly<Record<string, string>>;
  /** A metric that only this one has, so that a scrape of the wrong process is seen. */
  readonly metric: string;
}

interface Place {
  readonly folder: string;
  readonly healthPort: string;
  readonly kubeconfig: string;
}

const deployables: readonly Deployable[] = [
  {
    name: 'gateway',
    env: ({ healthPort }) => ({
      KSO_GATEWAY_HOST: '127.0.0.1',
      KSO_GATEWAY_WEBSOCKET_PORT: '0',
      KSO_GATEWAY_HTTP_PORT: '0',
      KSO_GATEWAY_HEALTH_PORT: healthPort,
    }),
    metric: 'kso_gateway_connections',
  },
  {
    name: 'cloud-endpoint',
    env: ({ folder, healthPort }) => ({
      KSO_CLOUD_ENDPOINT_HOST: '127.0.0.1',
      KSO_CLOUD_ENDPOINT_PORT: '0',
      KSO_CLOUD_ENDPOINT_HEALTH_PORT: healthPort,
      KSO_CLOUD_ENDPOINT_DATA_DIR: folder,
    }),
    metric: 'kso_endpoint_backlog_bytes',
  },
  {
    name: 'kubescape-scanner',
    env: ({ folder, healthPort }) => ({
      KSO_SCANNER_HOST: '127.0.0.1',
      KSO_SCANNER_PORT: '0',
      KSO_SCANNER_HEALTH_PORT: healthPort,
      KSO_SCANNER_DATA_DIR: folder,
      KSO_SCANNER_SOURCE_TYPE: 'manifests',
      KSO_SCANNER_SOURCE_PATH: path.join(root, 'deploy/sample'),
    }),
    metric: 'kso_posture_objects',
  },
  {
    name: 'kubevuln',
    env: ({ folder, healthPort }) => ({
      KSO_KUBEVULN_HOST: '127.0.0.1',
      KSO_KUBEVULN_PORT: '0',
      KSO_KUBEVULN_HEALTH_PORT: healthPort,
      KSO_KUBEVULN_DATA_DIRECTORY: folder,
      KSO_KUBEVULN_DATABASE_UPDATE_ENABLED: 'false',
    }),
    metric: 'kubevuln_db_built_timestamp_seconds',
  },
  {
    name: 'kollector',
    env: ({ folder, healthPort, kubeconfig }) => ({
      KSO_KOLLECTOR_HOST: '127.0.0.1',
      KSO_KOLLECTOR_HEALTH_PORT: healthPort,
      KSO_KOLLECTOR_KUBECONFIG: kubeconfig,
      KSO_KOLLECTOR_DATA_DIR: folder,
    }),
    metric: 'kollector_pending_scan_triggers',
  },
];

/** The service as its own process, ready when its probe says that it lives. */
async function start(deployable: Deployable, place: Place): Promise<RunningProgram> {
  return startProgram({
    program: process.execPath,
    args: [path.join(root, 'services', deployable.name, 'src/main.ts')],
    env: { KSO_LOG_LEVEL: 'info', ...deployable.env(place) },
    logFile: path.join(place.folder, 'log'),
    ready: async () => (await fetch(`http://127.0.0.1:${place.healthPort}/v1/liveness`)).status === 200,
  });
}

describe.skipIf(missingPrograms('prometheus', 'etcd', 'kube-apiserver'))('/metrics of every service', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-metrics-'));
  const running: RunningProgram[] = [];
  let cluster: ControlPlane;
  let prometheus: Prometheus;

  beforeAll(async () => {
    cluster = await startControlPlane();
    const targets = [];
    for (const deployable of deployables) {
      const port = await freePort();
      const place = {
        folder: mkdtempSync(path.join(folder, deployable.name)),
        healthPort: String(port),
        kubeconfig: cluster.kubeconfig,
      };
      running.push(await start(deployable, place));
      targets.push({ job: deployable.name, url: `http://127.0.0.1:${port}/metrics` });
    }
    prometheus = await startPrometheus(targets);
    await prometheus.allUp();
  });
  afterAll(async () => {
    await prometheus?.stop();
    for (const program of running) await program.stop();
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(deployables)('$name is scraped: its process and $metric', async ({ name, metric }) => {
    const memory = await prometheus.query(`process_resident_memory_bytes{job="${name}"}`);
    expect(memory).toEqual([expect.objectContaining({ value: expect.any(Number) })]);
    const own = await prometheus.query(`count by (job) ({__name__="${metric}"})`);
    expect(own.map(({ labels }) => labels['job'])).toEqual([name]);
  });

  it('gives every metric a help text and a type', async () => {
    const answer = await fetch(`${prometheus.url}/api/v1/metadata?limit_per_metric=1`);
    const { data } = (await answer.json()) as { data: Record<string, { type: string; help: string }[]> };
    const own = Object.entries(data).filter(([metric]) => metric.startsWith('kso_'));
    expect(own.length).toBeGreaterThan(5);
    const described = ([, [entry]]: (typeof own)[number]) =>
      entry !== undefined && entry.help !== '' && entry.type !== 'unknown';
    expect(own.filter((metric) => !described(metric))).toEqual([]);
  });
});
