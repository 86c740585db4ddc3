import { isDeepStrictEqual } from 'node:util';
import { parseFieldPath } from '@kso/domain';
import { parseDocument } from '@kso/domain/yaml';
import type * as YamlModule from 'yaml';
import { documentsOf } from '../yaml/documents-of.ts';
import { CannotEdit, editsFor, withEdits } from './edit-document.ts';
import { type SetField, treeOf, withFields } from './fix-tree.ts';
import { valueFor } from './value.ts';

/** A field to be set, by its path from the root of its document (from 0). */
export interface FieldFix {
  readonly document: number;
  readonly path: string;
  /** As in a report's `fixPath`. */
  readonly value: string;
}

export interface FixedText<F extends FieldFix> {
  readonly text: string;
  readonly applied: readonly F[];
  readonly refused: readonly RefusedFix<F>[];
}

export interface RefusedFix<F extends FieldFix> {
  readonly fix: F;
  /** For people. */
  readonly reason: string;
}

/** Stands in fix paths for a value that only the owner knows. */
export const placeholder = 'YOUR_VALUE';

/**
 * Sets fields in a text of manifests by changing as few characters as possible: comments, order and layout stay. Each changed
 * document is read again and compared with what it should be; a fix that does anything else is not made. Of two fixes of one field the first counts.
 */
export async function fixText<F extends FieldFix>(source: string, fixes: readonly F[]): Promise<FixedText<F>> {
  const yaml = await import('yaml');
  const documents = new Map(documentsOf(source).map((raw) => [raw.index, raw]));
  const applied: F[] = [];
  const refused: RefusedFix<F>[] = [];
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  for (const [index, wanted] of Map.groupBy(fixes, ({ document }) => document)) {
    const raw = documents.get(index);
    if (raw === undefined || 'badSeparator' in raw) {
      refused.push(...wanted.map((fix) => ({ fix, reason: 'the document is no longer there' })));
      continue;
    }
    const fixed = fixDocument(yaml, raw.text, wanted);
    applied.push(...fixed.applied);
    refused.push(...fixed.refused);
    if (fixed.text !== raw.text) edits.push({ start: raw.start, end: raw.start + raw.text.length, text: fixed.text });
  }
  return { text: withEdits(source, edits), applied, refused };
}

interface Wanted<F> {
  readonly fix: F;
  readonly field: SetField;
}

function fixDocument<F extends FieldFix>(yaml: typeof YamlModule, text: string, fixes: readonly F[]): FixedText<F> {
  const { wanted, refused } = distinct(fixes);
  const all = trySet(
    yaml,
    text,
    wanted.map(({ field }) => field),
  );
  if (all.ok) return { text: all.text, applied: wanted.map(({ fix }) => fix), refused };
  // One of them is at fault: the others are made without it.
  let current = text;
  const applied: F[] = [];
  for (const { fix, field } of wanted) {
    const one = trySet(yaml, current, [field]);
    if (one.ok) {
      current = one.text;
      applied.push(fix);
    } else refused.push({ fix, reason: one.reason });
  }
  return { text: current, applied, refused };
}

/** Sorts out what cannot be set at all, and fixes of one field that contradict each other. The same fix twice is one and applied. */
function distinct<F extends FieldFix>(fixes: readonly F[]): { wanted: Wanted<F>[]; refused: RefusedFix<F>[] } {
  const wanted: Wanted<F>[] = [];
  const refused: RefusedFix<F>[] = [];
  const values = new Map<string, string>();
  for (const fix of fixes) {
    const path = parseFieldPath(fix.path);
    const key = path.join('\0');
    const other = values.get(key);
    if (fix.value.includes(placeholder)) refused.push({ fix, reason: 'only you know the value' });
    else if (path.length === 0) refused.push({ fix, reason: 'it names no field' });
    else if (other !== undefined && other !== fix.value)
      refused.push({ fix, reason: `another control wants ${other} there` });
    else {
      values.set(key, fix.value);
      wanted.push({ fix, field: { path, value: valueFor(fix.value, path) } });
    }
  }
  return { wanted, refused };
}

type Attempt = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

function trySet(yaml: typeof YamlModule, text: string, fields: readonly SetField[]): Attempt {
  if (fields.length === 0) return { ok: true, text };
  const before = parseDocument(text);
  if (before.outcome === 'malformed' || before.values.length !== 1)
    return { ok: false, reason: 'the document cannot be read' };
  const expected = withFields(before.values[0], fields);
  if (expected === undefined) return { ok: false, reason: 'something else stands in its place' };
  try {
    const edited = withEdits(text, editsFor(yaml, text, treeOf(fields)));
    const after = parseDocument(edited);
    const isRight =
      after.outcome === 'parsed' && after.values.length === 1 && isDeepStrictEqual(after.values[0], expected);
    return isRight ? { ok: true, text: edited } : { ok: false, reason: 'it would change other fields too' };
  } catch (error) {
    if (error instanceof CannotEdit) return { ok: false, reason: error.message };
    throw error;
  }
}
