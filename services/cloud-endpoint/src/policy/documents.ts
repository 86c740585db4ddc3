import type { DatabaseSync } from 'node:sqlite';
import { rows } from '@kso/store';
import type { JsonObject } from '@kso/wire';
import type { PolicyKind } from './kinds.ts';

/** A document as it is given out: what was put and, with exceptions, what upstream's have besides (scanner.md 12.1, kubevuln.md 9.1). */
export type StoredDocument = JsonObject;

const policyTypes: Partial<Record<PolicyKind, string>> = {
  postureException: 'postureExceptionPolicy',
  vulnerabilityException: 'vulnerabilityExceptionPolicy',
};

/** Reads what is kept; writing goes through the one thread that writes (`edits.ts`). */
export function createPolicyDocuments(sql: DatabaseSync) {
  const all = sql.prepare('SELECT * FROM policy_document WHERE account = ? AND kind = ? ORDER BY name');
  const one = sql.prepare('SELECT * FROM policy_document WHERE account = ? AND kind = ? AND name = ?');
  return {
    list: (account: string, kind: PolicyKind): StoredDocument[] =>
      all.all(account, kind).map((row) => stored(kind, row)),
    find(account: string, kind: PolicyKind, name: string): StoredDocument | undefined {
      const row = one.get(account, kind, name);
      return row === undefined ? undefined : stored(kind, row);
    },
  };
}

export type PolicyDocuments = ReturnType<typeof createPolicyDocuments>;

/** The JSON was written by ourselves, from a checked document. */
function stored(kind: PolicyKind, row: rows.Row): StoredDocument {
  const document = JSON.parse(rows.text(row, 'document')) as JsonObject;
  const policyType = policyTypes[kind];
  if (policyType === undefined) return document;
  const iso = (column: string) => new Date(rows.integer(row, column)).toISOString();
  return {
    ...document,
    guid: rows.text(row, 'guid'),
    policyType,
    creationTime: iso('created_at'),
    updatedTime: iso('updated_at'),
  };
}
