import { type RawDocument, splitDocuments } from './split-documents.ts';
import { splitJson } from './split-json.ts';

/** The documents of a file: JSON objects one after the other, or YAML. */
export function documentsOf(source: string): RawDocument[] {
  return /^\s*\{/.test(source) ? splitJson(source) : splitDocuments(source);
}
