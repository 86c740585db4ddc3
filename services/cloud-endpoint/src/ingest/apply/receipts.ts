import type { DatabaseSync } from 'node:sqlite';
import { rows } from '@kso/store';

export interface NewReceipt {
  readonly account: string;
  readonly key: string;
  readonly route: string;
  readonly clusterId: number | undefined;
  readonly jobId: string | undefined;
  readonly bodyHash: string;
  readonly bytes: number;
  readonly answer: string;
  readonly now: number;
}

/** Remembers every write by its idempotency key and counts how often it came. */
export function createReceipts(sql: DatabaseSync) {
  const insert = sql.prepare(
    `INSERT INTO receipt
     (account, idempotency_key, route, cluster_id, job_id, body_hash, bytes, answer, deliveries, first_at, last_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
  );
  const count = sql.prepare(
    'UPDATE receipt SET deliveries = deliveries + 1, last_at = ? WHERE account = ? AND idempotency_key = ? RETURNING answer',
  );
  return {
    /** Counts a repetition and gives the first answer, or undefined when the key is new. */
    repeat(account: string, key: string, now: number): { readonly answer: string } | undefined {
      const row = count.get(now, account, key);
      return row === undefined ? undefined : { answer: rows.text(row, 'answer') };
    },
    add(receipt: NewReceipt): void {
      const { account, key, route, clusterId, jobId, bodyHash, bytes, answer, now } = receipt;
      insert.run(account, key, route, clusterId ?? null, jobId ?? null, bodyHash, bytes, answer, now, now);
    },
  };
}
