import { readFile, stat } from 'node:fs/promises';
import { parseFieldPath } from '@kso/domain';
import type * as YamlModule from 'yaml';
import type { Document, Node } from 'yaml';

import { documentsOf } from './yaml/documents-of.ts';
import type { RawDocument } from './yaml/split-documents.ts';

type Yaml = typeof YamlModule;

/** A place in a text, from 1. Columns count UTF-16 units, as JavaScript and SARIF's `utf16CodeUnits` do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds fields in manifests. Texts and positions of one document at a time are kept, as findings come document by document. */
export interface Locator {
  /**
   * Where a field such as `spec.containers[0].image` or `metadata.labels[app.kubernetes.io/name]` stands in a document (from 0) of
   * a file. If the field is not there, the place of its nearest parent that is. Undefined if the document is gone.
   */
  locate(file: string, document: number, path: string): Promise<Position | undefined>;
}

export interface LocatorOptions {
  /** Texts that are not on disk, by the name under which they were read. */
  readonly texts?: ReadonlyMap<string, string>;
}

interface Source {
  readonly file: string;
  readonly stamp: string;
  readonly documents: ReadonlyMap<number, RawDocument>;
}

interface Positions {
  readonly raw: RawDocument;
  readonly parsed: Document;
  readonly positionOf: (offset: number) => Position;
}

export function createLocator({ texts = new Map() }: LocatorOptions = {}): Locator {
  let source: Source | undefined;
  let known: Positions | undefined;
  return {
    locate: async (file, document, path) => {
      const given = texts.get(file);
      const stamp = given === undefined ? await stampOf(file) : '';
      if (stamp === undefined) return undefined;
      if (source?.file !== file || source.stamp !== stamp) {
        const text = given ?? (await readFile(file, 'utf8').catch(() => ''));
        source = { file, stamp, documents: new Map(documentsOf(text).map((raw) => [raw.index, raw])) };
      }
      const raw = source.documents.get(document);
      if (raw === undefined) return undefined;
      // The slower parser knows positions. It is loaded only when somebody asks for one.
      const yaml = await import('yaml');
      if (known?.raw !== raw) known = positionsOf(yaml, raw);
      return known.positionOf(offsetOf(yaml, known.parsed, parseFieldPath(path)));
    },
  };
}

async function stampOf(file: string): Promise<string | undefined> {
  return stat(file).then(
    ({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`,
    () => undefined,
  );
}

function positionsOf(yaml: Yaml, raw: RawDocument): Positions {
  const lineCounter = new yaml.LineCounter();
  // Only positions are of interest here, so the version decides nothing but merge keys.
  const parsed = yaml.parseDocument(raw.text, { lineCounter, version: '1.1', uniqueKeys: false, logLevel: 'silent' });
  const positionOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: raw.line + Math.max(1, line) - 1, column: Math.max(1, col) };
  };
  return { raw, parsed, positionOf };
}

function offsetOf(yaml: Yaml, document: Document, path: readonly string[]): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const part of path) {
    const step = stepInto(yaml, document, node, part);
    if (step === undefined) break;
    node = step.node;
    offset = step.offset ?? offset;
  }
  return offset;
}

function stepInto(
  yaml: Yaml,
  document: Document,
  parent: Node | null,
  part: string,
): { readonly node: Node | null; readonly offset: number | undefined } | undefined {
  const node: unknown = yaml.isAlias(parent) ? parent.resolve(document) : parent;
  if (yaml.isMap(node)) {
    const pair = node.items.find(({ key }) => yaml.isScalar(key) && String(key.value) === part);
    if (pair === undefined) return undefined;
    return { node: pair.value as Node | null, offset: yaml.isScalar(pair.key) ? pair.key.range?.[0] : undefined };
  }
  if (yaml.isSeq(node)) {
    const item = node.items[Number(part)] as Node | undefined;
    return item === undefined ? undefined : { node: item, offset: item.range?.[0] };
  }
  return undefined;
}
