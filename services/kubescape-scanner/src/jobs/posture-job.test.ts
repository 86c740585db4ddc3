import { randomUUID } from 'node:crypto';
import { createLogger } from '@kso/kit';
import { pod, until } from '@kso/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { startScanner } from '../testing/scanner.ts';
import { scanJob, scanKey } from './scan-request.ts';

async function start() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const logger = createLogger({ service: 'test', level: 'debug', destination: { write } });
  const scanner = await startScanner({ source: fakeSource([pod()]), logger });
  onTestFinished(() => scanner.stop());
  return { scanner, lines };
}

it('a scan names its job and the command that asked for it, in the log and in its report', async () => {
  const { scanner, lines } = await start();
  const [scanId, ids] = [randomUUID(), { jobId: randomUUID(), parentId: randomUUID() }];
  await scanner.queue.add({ ...scanJob({ scanId, request: {}, priority: 'onDemand' }), ...ids });
  await until('the end of the scan', async () => (await scanner.queue.get(scanKey(scanId)))?.state === 'succeeded');
  expect(lines.find(({ msg }) => msg === 'posture scan finished')).toMatchObject({ ...ids, scanId });
  const reports = scanner.store.outbox.due(Number.MAX_SAFE_INTEGER, 100);
  expect(reports.length).toBeGreaterThan(0);
  for (const report of reports) {
    expect(report).toMatchObject(ids);
    expect(JSON.parse(report.body)).toMatchObject({ jobID: ids.jobId });
  }
});

it('a scan that fails is logged once, with the id of its job', async () => {
  const { scanner, lines } = await start();
  const id = randomUUID();
  const request = { scanObject: { kind: 'Secret', metadata: { name: 's', namespace: 'shop' } } };
  await scanner.queue.add(scanJob({ scanId: id, request, priority: 'onDemand' }));
  await until('the end of the scan', async () => (await scanner.queue.get(scanKey(id)))?.state === 'failed');
  const about = lines.filter((line) => JSON.stringify(line).includes('Secrets are not read'));
  expect(about).toHaveLength(1);
  expect(about[0]).toMatchObject({ jobId: id, code: 'OBJECT_REFUSED' });
});
