import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingPrograms } from './programs.ts';
import { startPrometheus } from './prometheus.ts';
import { until } from './until.ts';

describe.skipIf(missingPrograms('prometheus'))('prometheus', { timeout: 30_000 }, () => {
  const exporter = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(request.url === '/metrics' ? 'jobs_total{kind="scan"} 3\n' : 'this is not a metric\n');
  });
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', () => resolve()));
    const address = exporter.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  afterAll(() => exporter.close());

  it('scrapes a target and answers queries', async () => {
    const prometheus = await startPrometheus([{ job: 'good', url: `${url}/metrics` }]);
    await prometheus.allUp();
    const samples = await prometheus.query('jobs_total');
    expect(samples).toMatchObject([{ labels: { job: 'good', kind: 'scan' }, value: 3 }]);
    await prometheus.stop();
  });

  it('says which target is down, and why', async () => {
    const prometheus = await startPrometheus([{ job: 'broken', url: `${url}/other` }]);
    await until('a failed scrape', async () => (await prometheus.targets()).some(({ health }) => health === 'down'));
    await expect(prometheus.allUp(0)).rejects.toThrow(/broken \(.*expected/);
    await prometheus.stop();
  });
});
