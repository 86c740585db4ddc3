export { storeErrors } from './errors.ts';
export { createGroupCommit, type GroupCommit } from './group-commit.ts';
export { createMemoryStore } from './memory/store.ts';
export { observeOutbox } from './metrics.ts';
export type { OutboxOptions } from './options.ts';
export * from './port.ts';
export * as rows from './sqlite/rows.ts';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/store.ts';
export { createTransactor } from './sqlite/transactions.ts';
