import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { rows } from '@kso/store';
import type { PolicyDocument, PolicyKind } from './kinds.ts';

/** A change of what people keep here. Plain data: it goes to the thread that writes. */
export type PolicyEdit =
  /** With `isWhole` the documents take the place of all there are of the kind. */
  | {
      readonly type: 'putDocuments';
      readonly account: string;
      readonly kind: PolicyKind;
      readonly documents: readonly PolicyDocument[];
      readonly isWhole: boolean;
    }
  /** Without a name: all of the kind. */
  | {
      readonly type: 'deleteDocuments';
      readonly account: string;
      readonly kind: PolicyKind;
      readonly name: string | undefined;
    };

export type EditOutcome =
  | { readonly kind: 'done'; readonly created: number; readonly changed: number; readonly removed: number }
  /** It would be more than one account may keep. */
  | { readonly kind: 'full'; readonly limit: number };

/** Scanners read all of a kind at once. */
export const maxDocuments = 5000;

/** Writes documents; inside of a transaction that the caller has begun. The same document put again changes nothing. */
export function createPolicyEdits(sql: DatabaseSync) {
  const find = sql.prepare('SELECT guid, document FROM policy_document WHERE account = ? AND kind = ? AND name = ?');
  const names = sql.prepare('SELECT name FROM policy_document WHERE account = ? AND kind = ?');
  const upsert = sql.prepare(
    `INSERT INTO policy_document (account, kind, name, guid, document, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
     ON CONFLICT (account, kind, name) DO UPDATE SET
       guid = excluded.guid, document = excluded.document, updated_at = excluded.updated_at`,
  );
  const remove = sql.prepare('DELETE FROM policy_document WHERE account = ? AND kind = ? AND name = ?');

  const put = (account: string, kind: PolicyKind, { name, document }: PolicyDocument, now: number) => {
    const before = find.get(account, kind, name);
    const { guid: given, policyType: _, creationTime: __, updatedTime: ___, ...kept } = document;
    const text = JSON.stringify(kept);
    const known = before === undefined ? undefined : rows.text(before, 'guid');
    const guid = typeof given === 'string' && given !== '' ? given : (known ?? randomUUID());
    if (before !== undefined && known === guid && rows.text(before, 'document') === text) return 'same';
    upsert.run(account, kind, name, guid, text, now);
    return before === undefined ? 'created' : 'changed';
  };

  return (edit: PolicyEdit, now: number): EditOutcome => {
    const { account, kind } = edit;
    const known = new Set(names.all(account, kind).map((row) => rows.text(row, 'name')));
    if (edit.type === 'deleteDocuments') {
      const gone = [...known].filter((name) => edit.name === undefined || name === edit.name);
      for (const name of gone) remove.run(account, kind, name);
      return { kind: 'done', created: 0, changed: 0, removed: gone.length };
    }
    const wanted = new Set(edit.documents.map(({ name }) => name));
    const gone = edit.isWhole ? [...known].filter((name) => !wanted.has(name)) : [];
    if (known.size - gone.length + [...wanted].filter((name) => !known.has(name)).length > maxDocuments)
      return { kind: 'full', limit: maxDocuments };
    for (const name of gone) remove.run(account, kind, name);
    const results = edit.documents.map((document) => put(account, kind, document, now));
    const count = (which: string) => results.filter((result) => result === which).length;
    return { kind: 'done', created: count('created'), changed: count('changed'), removed: gone.length };
  };
}
