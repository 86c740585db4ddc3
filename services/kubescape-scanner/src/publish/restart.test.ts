import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMemoryStore, type Store } from '@kso/store';
import { pod, until } from '@kso/testkit';
import { PostureReport } from '@kso/wire';
import { expect, it, onTestFinished } from 'vitest';
import { scanKey } from '../jobs/scan-request.ts';
import { fakeSource } from '../testing/fake-source.ts';
import { startScanner } from '../testing/scanner.ts';

/** A store that tells of each report part before it is put. */
function observed(store: Store, onPart: () => void): Store {
  const put: Store['outbox']['put'] = (entries) => {
    if (entries.length > 0) onPart();
    store.outbox.put(entries);
  };
  return { ...store, outbox: { ...store.outbox, put } };
}

function queued(store: Store): PostureReport[] {
  const found: PostureReport[] = [];
  for (;;) {
    const [entry] = store.outbox.due(Number.MAX_SAFE_INTEGER, 1);
    if (entry === undefined) return found;
    found.push(PostureReport.parse(JSON.parse(entry.body)));
    store.outbox.delivered(entry.id);
  }
}

it('a scan that ends between two parts of its report is taken up, and one report of it becomes complete', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-restart-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const objects = Array.from({ length: 30 }, (_, index) => pod({ name: `p${index}`, namespace: 'shop' }));
  const store = createMemoryStore({});
  const options = {
    source: fakeSource(objects),
    queueFile: path.join(folder, 'queue.db'),
    overrides: { dataDir: folder, report: { partSize: 20_000 }, continuous: { enabled: false } },
  };

  const third = Promise.withResolvers<void>();
  let parts = 0;
  const interrupted = observed(store, () => {
    parts += 1;
    if (parts < 3) return;
    third.resolve();
    throw new Error('the process is killed here');
  });
  const first = await startScanner({ ...options, store: interrupted });
  const response = await first.fetch('/v1/scan', { method: 'POST', body: '{}' });
  const { id } = (await response.json()) as { id: string };
  await third.promise;
  await first.stop();

  const second = await startScanner({ ...options, store });
  onTestFinished(() => second.stop());
  await until('the end of the scan', async () => (await second.queue.get(scanKey(id)))?.state === 'succeeded');

  const reports = Map.groupBy(queued(store), ({ reportGUID }) => reportGUID);
  const [unfinished, complete, ...others] = [...reports.values()];
  expect(others).toEqual([]);
  expect(unfinished?.map(({ paginationInfo }) => paginationInfo)).toEqual([
    { chunkNumber: 0, isLastChunk: false },
    { chunkNumber: 1, isLastChunk: false },
  ]);
  expect(complete?.at(-1)?.paginationInfo?.isLastChunk).toBe(true);
  expect(complete?.flatMap(({ results }) => results)).toHaveLength(30);
  // The report that clients fetch is the scan's own in any case.
  expect(second.scanner.readReport(id)?.reportGUID).toBe(id);
});
