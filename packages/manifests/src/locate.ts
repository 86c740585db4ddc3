import { readFile } from 'node:fs/promises';
import type * as YamlModule from 'yaml';
import type { Document, Node } from 'yaml';
import { splitDocuments } from './yaml/split-documents.ts';
import { splitJson } from './yaml/split-json.ts';

type Yaml = typeof YamlModule;

/** Finds lines in manifests. The positions of one document at a time are kept, as findings come document by document. */
export interface Locator {
  /**
   * The line, from 1, of a field such as `spec.containers[0].image` or `metadata.labels[app.kubernetes.io/name]` in a document
   * (from 0) of a file. If the field is not there, the line of its nearest parent that is. Undefined if the document is gone.
   */
  locate(file: string, document: number, path: string): Promise<number | undefined>;
}

interface Positions {
  readonly file: string;
  readonly text: string;
  readonly firstLine: number;
  readonly parsed: Document;
  readonly lineOf: (offset: number) => number;
}

export function createLocator(): Locator {
  let known: Positions | undefined;
  return {
    locate: async (file, document, path) => {
      const source = await readFile(file, 'utf8').catch(() => undefined);
      const raw = source === undefined ? undefined : documentsOf(source).find(({ index }) => index === document);
      if (raw === undefined) return undefined;
      // The slower parser knows positions. It is loaded only when somebody asks for one.
      const yaml = await import('yaml');
      if (known?.file !== file || known.firstLine !== raw.line || known.text !== raw.text)
        known = positionsOf(yaml, file, raw);
      return known.lineOf(offsetOf(yaml, known.parsed, parsePath(path)));
    },
  };
}

function documentsOf(source: string) {
  return /^\s*\{/.test(source) ? splitJson(source) : splitDocuments(source);
}

function positionsOf(yaml: Yaml, file: string, raw: { readonly text: string; readonly line: number }): Positions {
  const lineCounter = new yaml.LineCounter();
  // Only positions are of interest here, so the version decides nothing but merge keys.
  const parsed = yaml.parseDocument(raw.text, { lineCounter, version: '1.1', uniqueKeys: false, logLevel: 'silent' });
  const lineOf = (offset: number) => raw.line + Math.max(1, lineCounter.linePos(offset).line) - 1;
  return { file, text: raw.text, firstLine: raw.line, parsed, lineOf };
}

/** `a.b[0][c.d/e]` → a, b, 0, c.d/e; quotes within brackets are allowed. */
function parsePath(path: string): string[] {
  const parts: string[] = [];
  for (const [, quoted, bracketed, plain] of path.matchAll(/\[(?:"([^"]*)"|([^\]]*))\]|([^.[\]]+)/g)) {
    const part = quoted ?? bracketed ?? plain;
    if (part !== undefined && part !== '') parts.push(part);
  }
  return parts;
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
