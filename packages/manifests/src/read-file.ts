import { hash } from 'node:crypto';
import { parseDocument } from '@kso/domain/yaml';
import type { KubeObject } from '@kso/wire';
import { recognise } from './objects.ts';
import { documentsOf } from './yaml/documents-of.ts';

/** What a file of manifests holds. Lines count from 1, documents from 0. */
export interface FileContent {
  readonly objects: readonly PlacedObject[];
  readonly problems: readonly { readonly line: number; readonly detail: string }[];
  /** Documents that are no Kubernetes objects. */
  readonly others: number;
}

export interface PlacedObject {
  readonly object: KubeObject;
  readonly document: number;
  /** First line of the document. */
  readonly line: number;
  /** See `FoundObject.path`. */
  readonly path: string;
  /** Differs when the object was written differently. */
  readonly hash: string;
}

/** Reads all documents of a file; one that is malformed is a problem and the others are read. */
export function readManifest(bytes: Uint8Array): FileContent {
  const source = decodeText(bytes);
  if (source === undefined) return failure('it is not UTF-8 text');
  const objects: PlacedObject[] = [];
  const problems: { line: number; detail: string }[] = [];
  let others = 0;
  for (const raw of documentsOf(source)) {
    if ('badSeparator' in raw) {
      problems.push({ line: raw.line, detail: 'nothing but a comment may follow --- on its line' });
      continue;
    }
    const parsed = parseDocument(raw.text);
    if (parsed.outcome === 'malformed') {
      problems.push({ line: raw.line + parsed.line - 1, detail: parsed.detail });
      continue;
    }
    const line = raw.line + firstContentLine(raw.text);
    const documentHash = hash('sha256', raw.text);
    for (const value of parsed.values) {
      const found = recognise(value);
      if (found.outcome === 'other') {
        others += 1;
        continue;
      }
      problems.push(...found.problems.map((detail) => ({ line, detail })));
      for (const { object, path } of found.objects) {
        // A member of a list is looked at by itself, so that a change of one is not a change of all.
        const own = path === '' && parsed.values.length === 1 ? documentHash : hash('sha256', JSON.stringify(object));
        objects.push({ object, path, document: raw.index, line, hash: own });
      }
    }
  }
  return { objects, problems, others };
}

function failure(detail: string): FileContent {
  return { objects: [], problems: [{ line: 1, detail }], others: 0 };
}

/** UTF-8, without its mark, and UTF-16 with its mark, which is what a redirection in PowerShell writes. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Lines before the first that is neither blank nor a comment. */
function firstContentLine(text: string): number {
  const lines = text.split('\n', 1_000);
  const index = lines.findIndex((line) => /^\s*[^\s#]/.test(line));
  return Math.max(0, index);
}
