import { createLogger, systemClock } from '@kso/kit';
import { createMemoryStore } from '@kso/store';
import { imageMatchesKind, imageScanRecordKind } from '@kso/wire';
import { expect, it } from 'vitest';
import { identityKind } from '../scanning/locate-image.ts';
import { createRetention } from './retention.ts';

it('removes old answers about images and keeps what was found for workloads', async () => {
  const { results } = createMemoryStore();
  const now = 1_000_000;
  for (const kind of [imageMatchesKind, identityKind, imageScanRecordKind]) {
    for (const storedAt of [now - 501, now - 499])
      results.put({ kind, key: String(storedAt), idempotencyKey: 'k', body: {}, storedAt });
  }
  const logger = createLogger({ service: 'test', level: 'silent' });
  const clock = { now: () => now, sleep: systemClock.sleep };
  const retention = createRetention({ clock, logger, results, keepMs: 500 });
  retention.start();
  await retention.stop();
  expect([imageMatchesKind, identityKind, imageScanRecordKind].map((kind) => results.count(kind))).toEqual([1, 1, 2]);
  expect(results.get(identityKind, String(now - 499))).toBeDefined();
});
