import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ControlPlane, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import { type Prometheus, startPrometheus } from '@kso/testkit/prometheus';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployable, startDeployable } from '../support/deployable.ts';
import { documentedMetrics, exposedMetrics } from '../support/metrics-page.ts';

interface Scraped {
  readonly name: string;
  /** Of a folder with two programs: its name, and the file of the other one. */
  readonly program?: { readonly folder: string; readonly main: string };
  readonly prefix: string;
  /** Setting of the listener for probes and metrics, if it is not `HEALTH_PORT`. */
  readonly healthPort?: string;
  /** Settings without the prefix. */
  settings(place: Place): Readonly<Record<string, string>>;
  /** Of its own, so that a scrape of the wrong process is seen. */
  readonly metrics: readonly string[];
}

interface Place {
  readonly folder: string;
  readonly kubeconfig: string;
  /** `host:port` */
  readonly redis: string;
}

const suiteListeners = ['ENDPOINT', 'GATEWAY_WS', 'GATEWAY', 'OPERATOR', 'SCANNER', 'KUBEVULN'];

/** What is only there with something else is configured as well: nothing answers there. */
const nowhere = '127.0.0.1:1';

const services: readonly Scraped[] = [
  {
    name: 'gateway',
    prefix: 'KSO_GATEWAY',
    settings: () => ({ WEBSOCKET_PORT: '0', HTTP_PORT: '0', MASTER_URL: `ws://${nowhere}` }),
    metrics: ['kso_gateway_connections'],
  },
  {
    name: 'operator',
    prefix: 'KSO_OPERATOR',
    settings: ({ folder, kubeconfig }) => ({
      PORT: '0',
      DATA_DIR: folder,
      KUBECONFIG: kubeconfig,
      NAMESPACE: 'default',
      REPORTS_URL: `http://${nowhere}`,
    }),
    metrics: ['kso_http_request_duration_seconds_count'],
  },
  {
    name: 'kubescape-scanner',
    prefix: 'KSO_SCANNER',
    settings: ({ folder, kubeconfig }) => ({
      PORT: '0',
      DATA_DIR: folder,
      SOURCE_KUBECONFIG: kubeconfig,
      REPORT_URL: `http://${nowhere}`,
    }),
    metrics: ['kso_posture_objects', 'kso_kube_objects'],
  },
  {
    name: 'kubevuln',
    prefix: 'KSO_KUBEVULN',
    settings: ({ folder }) => ({
      PORT: '0',
      DATA_DIR: folder,
      DATABASE_UPDATE_ENABLED: 'false',
      VULNERABILITY_METRICS_ENABLED: 'true',
      REPORT_URL: `http://${nowhere}`,
    }),
    metrics: ['kubevuln_db_built_timestamp_seconds'],
  },
  {
    name: 'kubevuln-worker',
    program: { folder: 'kubevuln', main: 'src/workers/main.ts' },
    prefix: 'KSO_KUBEVULN_WORKER',
    settings: ({ folder, redis }) => ({
      DATA_DIR: folder,
      OWNER: `http://${nowhere}`,
      TOKEN_FILE: path.join(folder, 'token'),
      REDIS_ADDRESS: redis,
    }),
    metrics: ['kubevuln_temp_dir_sweep_removed_total'],
  },
  {
    name: 'kollector',
    prefix: 'KSO_KOLLECTOR',
    settings: ({ folder, kubeconfig }) => ({
      KUBECONFIG: kubeconfig,
      DATA_DIR: folder,
      LEASE_ENABLED: 'true',
      LEASE_NAMESPACE: 'default',
      LEASE_IDENTITY: 'test',
      INVENTORY_ENABLED: 'true',
    }),
    metrics: ['kollector_pending_scan_triggers'],
  },
  {
    name: 'cloud-endpoint',
    prefix: 'KSO_CLOUD_ENDPOINT',
    settings: ({ folder }) => ({ PORT: '0', DATA_DIR: folder }),
    metrics: ['kso_endpoint_backlog_bytes'],
  },
  // The scheduler as a process of its own is over after one request and has no listener; in the suite the schedules run inside.
  {
    name: 'suite',
    prefix: 'KSO_SUITE',
    healthPort: 'PORTS_HEALTH',
    settings: ({ folder, kubeconfig }) => ({
      DATA_DIR: folder,
      TARGET_KUBECONFIG: kubeconfig,
      IMAGES_UPDATE_DATABASE: 'false',
      IMAGES_VULNERABILITY_METRICS_ENABLED: 'true',
      ...Object.fromEntries(suiteListeners.map((listener) => [`PORTS_${listener}`, '0'])),
    }),
    metrics: ['kso_scheduler_next_run_timestamp_seconds', 'kso_posture_objects', 'kso_endpoint_backlog_bytes'],
  },
];

describe.skipIf(missingPrograms('prometheus', 'etcd', 'kube-apiserver', 'redis-server', 'syft'))(
  '/metrics of every service',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-metrics-'));
    const running: Deployable[] = [];
    let cluster: ControlPlane;
    let prometheus: Prometheus;
    let redis: TestRedis;

    async function start({ name, program, prefix, healthPort, settings }: Scraped): Promise<void> {
      const place = {
        folder: mkdtempSync(path.join(folder, name)),
        kubeconfig: cluster.kubeconfig,
        redis: `${redis.host}:${redis.port}`,
      };
      const entries = Object.entries(settings(place)).map(([key, value]) => [`${prefix}_${key}`, value]);
      const env = Object.fromEntries(entries) as Record<string, string>;
      // One that lacks something is scraped as well: that is how one sees what it lacks.
      const health = healthPort === undefined ? {} : { healthPort };
      const which = program === undefined ? { name } : { name: program.folder, main: program.main };
      const started = await startDeployable({
        ...which,
        prefix,
        ...health,
        folder: place.folder,
        env,
        probe: 'liveness',
      });
      running.push({ ...started, name });
    }

    beforeAll(async () => {
      cluster = await startControlPlane();
      redis = await startTestRedis();
      for (const service of services) await start(service);
      prometheus = await startPrometheus(
        running.map(({ name, healthUrl }) => ({ job: name, url: `${healthUrl}/metrics` })),
      );
      await prometheus.allUp();
    });
    afterAll(async () => {
      await prometheus?.stop();
      for (const { program } of running) await program.stop();
      await redis?.stop();
      await cluster?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it.each(services)('$name is scraped: its process and $metrics', async ({ name, metrics }) => {
      const memory = await prometheus.query(`process_resident_memory_bytes{job="${name}"}`);
      expect(memory).toEqual([expect.objectContaining({ value: expect.any(Number) })]);
      for (const metric of metrics) {
        const own = await prometheus.query(`count by (job) ({__name__="${metric}"})`);
        expect(own.map(({ labels }) => labels['job'])).toContain(name);
      }
    });

    it.each(services)('$name has the metrics of docs/metrics.md and no others', async ({ name }) => {
      const { healthUrl } = running.find((each) => each.name === name) ?? { healthUrl: '' };
      const scrape = async () => exposedMetrics(await (await fetch(`${healthUrl}/metrics`)).text());
      const documented = documentedMetrics().filter(({ services: those }) => those.includes(name));
      const line = (metric: { readonly name: string; readonly type: string }) => `${metric.name} ${metric.type}`;
      // Some come with the first watch or Lease.
      await expect
        .poll(async () => (await scrape()).map(line).toSorted(), { timeout: 30_000 })
        .toEqual(documented.map(line).toSorted());
      const known = new Map(documented.map((metric) => [metric.name, metric.labels]));
      const undocumented = (await scrape()).flatMap((metric) =>
        metric.labels
          .filter((label) => known.get(metric.name)?.includes(label) !== true)
          .map((label) => [metric.name, label]),
      );
      expect(undocumented).toEqual([]);
    });

    it('gives every metric a help text and a type', async () => {
      const answer = await fetch(`${prometheus.url}/api/v1/metadata?limit_per_metric=1`);
      const { data } = (await answer.json()) as { data: Record<string, { type: string; help: string }[]> };
      const own = Object.entries(data).filter(([metric]) => /^(kso|kubevuln|kollector)_/.test(metric));
      expect(own.length).toBeGreaterThan(20);
      const described = ([, [entry]]: (typeof own)[number]) =>
        entry !== undefined && entry.help !== '' && entry.type !== 'unknown';
      expect(own.filter((metric) => !described(metric))).toEqual([]);
    });
  },
);
