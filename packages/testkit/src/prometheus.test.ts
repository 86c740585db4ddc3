import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingPrograms } from './programs.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import { until } from './until.ts';

describe.skipIf(missingPrograms('prometheus'))('prometheus', { timeout: 60_000 }, () => {
  const exporter = createServer((request, response) => {
    response.writeHead(request.url === '/metrics' ? 200 : 503, { 'content-type': 'text/plain; version=0.0.4' });
    response.end('jobs_total{kind="scan"} 3\n');
  });
  let prometheus: Prometheus;
  beforeAll(async () => {
    await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', () => resolve()));
    const address = exporter.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    prometheus = await startPrometheus([
      { job: 'good', url: `${url}/metrics` },
      { job: 'broken', url: `${url}/other` },
    ]);
  }, 60_000);
  afterAll(async () => {
    await prometheus.stop();
    exporter.close();
  });

  it('scrapes a target and answers queries', async () => {
    const find = async () => (await prometheus.query('jobs_total')).find(({ labels }) => labels['job'] === 'good');
    const sample = await until('a sample', find);
    expect(sample).toMatchObject({ labels: { kind: 'scan' }, value: 3 });
  });

  it('says which target is down, and why', async () => {
    await until('a failed scrape', async () => (await prometheus.targets()).some(({ health }) => health === 'down'));
    await expect(prometheus.allUp(0)).rejects.toThrow(/: broken \(.*503/);
  });
});
