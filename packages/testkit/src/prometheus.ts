import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fail } from './errors.ts';
import { createHttpClient } from './http-client.ts';
import { freePort } from './ports.ts';
import { startProgram } from './process.ts';
import { until } from './until.ts';

export interface PrometheusTarget {
  /** The value of the label `job`. */
  readonly job: string;
  /** The whole URL, e.g. `http://127.0.0.1:8000/metrics`. */
  readonly url: string;
}

/** One series of the answer to a query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface TargetHealth {
  readonly job: string;
  readonly health: 'up' | 'down' | 'unknown';
  /** Why the last scrape failed, in Prometheus' words; empty if it did not. */
  readonly lastError: string;
}

/** A real Prometheus that scrapes the targets once a second. */
export interface Prometheus {
  readonly url: string;
  /** An instant query in PromQL. */
  query(promql: string): Promise<Sample[]>;
  targets(): Promise<TargetHealth[]>;
  /** Resolves when every target was scraped well. @throws TARGETS_DOWN with each one's last error. */
  allUp(within?: number): Promise<void>;
  stop(): Promise<void>;
}

/** @throws PROGRAM_MISSING, PROGRAM_ENDED, PROGRAM_NOT_READY */
export async function startPrometheus(targets: readonly PrometheusTarget[]): Promise<Prometheus> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-prometheus-'));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const config = path.join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configuration(targets)));
  const http = createHttpClient(url);
  const program = await startProgram({
    program: 'prometheus',
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    logFile: path.join(folder, 'prometheus.log'),
    ready: async () => (await http.request('/-/ready')).status === 200,
  });
  const listTargets = async () => toHealth(await http.json('/api/v1/targets?state=active'));
  return {
    url,
    query: async (promql) => toSamples(await http.json(`/api/v1/query?query=${encodeURIComponent(promql)}`)),
    targets: listTargets,
    allUp: async (within = 30_000) => {
      let health: TargetHealth[] = [];
      const look = async () => {
        health = await listTargets();
        return health.length === targets.length && health.every((target) => target.health === 'up');
      };
      await until('all targets are up', look, { within, every: 200 }).catch(() => {
        const down = health.filter((target) => target.health !== 'up');
        const list = down.map(({ job, lastError }) => `${job} (${lastError || 'not scraped yet'})`);
        throw fail('TARGETS_DOWN', { seconds: within / 1000, targets: list });
      });
    },
    stop: async () => {
      http.close();
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(targets: readonly PrometheusTarget[]): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: targets.map(({ job, url }) => {
      const { protocol, host, pathname } = new URL(url);
      const scheme = protocol.replace(':', '');
      return { job_name: job, scheme, metrics_path: pathname, static_configs: [{ targets: [host] }] };
    }),
  };
}

function toSamples(answer: unknown): Sample[] {
  const { data } = answer as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } };
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

function toHealth(answer: unknown): TargetHealth[] {
  type Active = { labels: { job: string }; health: TargetHealth['health']; lastError: string };
  const { data } = answer as { data: { activeTargets: Active[] } };
  return data.activeTargets.map(({ labels, health, lastError }) => ({ job: labels.job, health, lastError }));
}
