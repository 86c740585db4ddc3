import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, systemClock } from '@kso/kit';
import { expect, it, onTestFinished } from 'vitest';
import { openEndpointDatabase } from '../database/database.ts';
import { systemReport } from '../testing/reports.ts';
import type { Delivery, IngestOptions } from './port.ts';
import { createReceiver } from './receiver.ts';
import { createWorkerIngest } from './worker-ingest.ts';

const day = 86_400_000;
const retention = { changesMs: day, scoresMs: day, jobsMs: day, reportsMs: day, inventoryMs: 1, receiptsMs: day };

function optionsFor(file: string): IngestOptions {
  return { file, reportLimit: 1_000_000, retention };
}

function delivery(jobId: string, details = ''): Delivery {
  const report = systemReport({ jobId, more: { details } });
  return {
    route: 'systemReport',
    account: '',
    idempotencyKey: jobId,
    encoding: '',
    body: Buffer.from(JSON.stringify(report)),
  };
}

it('keeps nothing of a report for which there is no room, and takes it when there is', async () => {
  const database = openEndpointDatabase(':memory:');
  const receiver = createReceiver(database, { ...optionsFor(':memory:'), clock: systemClock });
  onTestFinished(() => receiver.close());
  const pages = Number(database.sql.prepare('PRAGMA page_count').get()?.['page_count']);
  database.sql.exec(`PRAGMA max_page_count = ${pages + 1}`);
  const report = delivery('large', 'x'.repeat(8_000));
  expect(await receiver.receive(report)).toMatchObject({ kind: 'unavailable', code: 'STORE_FULL' });
  expect(database.sql.prepare('SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM receipt) AS n').get()).toEqual(
    { n: 0 },
  );
  database.sql.exec('PRAGMA max_page_count = 10000');
  expect(await receiver.receive(report)).toMatchObject({ kind: 'stored' });
});

it('refuses reports while the thread cannot work, says so, and starts another one for the next', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-ingest-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const inTheWay = path.join(folder, 'data');
  writeFileSync(inTheWay, 'a file where a folder should be');
  const ingest = createWorkerIngest(
    optionsFor(path.join(inTheWay, 'x.db')),
    createLogger({ service: 'test', level: 'silent' }),
  );
  onTestFinished(() => ingest.close());

  await expect(ingest.receive(delivery('a'))).rejects.toMatchObject({ code: 'INGEST_UNAVAILABLE', retryable: true });
  expect(ingest.notReady()).toMatch(/^reports cannot be stored: /);
  rmSync(inTheWay);
  expect(await ingest.receive(delivery('a'))).toMatchObject({ kind: 'stored', answer: 'ok' });
  expect(ingest.notReady()).toBeUndefined();
});

it('refuses reports after it was closed', async () => {
  const ingest = createWorkerIngest(optionsFor('/nowhere/x.db'), createLogger({ service: 'test', level: 'silent' }));
  await ingest.close();
  await expect(ingest.receive(delivery('a'))).rejects.toMatchObject({ code: 'INGEST_UNAVAILABLE' });
});
