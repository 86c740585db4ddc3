// Run by store.test.ts, which kills it in the middle of a put: announces each batch, then writes it, for ever.
import { openSqliteStore } from './store.ts';

const [path = '', batchSize = '0'] = process.argv.slice(2);
const store = openSqliteStore({ path });
const body = 'x'.repeat(2048);

for (let batch = 0; ; batch += 1) {
  process.send?.(batch);
  store.transaction(() => {
    store.results.put({ kind: 'batch', key: String(batch), idempotencyKey: String(batch), body: null, storedAt: 0 });
    store.outbox.put(
      Array.from({ length: Number(batchSize) }, (_, index) => ({
        idempotencyKey: `${batch}/${index}`,
        path: '/',
        body,
        group: String(batch),
      })),
    );
  });
}
