import { type RawDocument, splitDocuments } from './split-documents.ts';

/** Texts, brackets, ends of lines, and whatever stands between them. */
const tokens = /"(?:[^"\\]|\\[\s\S])*"|[{}[\]\n]|[^\s"{}[\]]+|"/g;

/**
 * Cuts JSON that stands one object after the other, which kubectl reads as a stream. Anything that is not exactly that is cut as
 * YAML, of which JSON is a part.
 */
export function splitJson(source: string): RawDocument[] {
  const documents: RawDocument[] = [];
  let depth = 0;
  let line = 1;
  let start = { offset: 0, line: 1 };
  for (const match of source.matchAll(tokens)) {
    const [token] = match;
    const isOpening = token === '{' || token === '[';
    if (token === '\n') {
      line += 1;
    } else if (isOpening) {
      if (depth === 0) start = { offset: match.index, line };
      depth += 1;
    } else if (depth === 0) {
      return splitDocuments(source);
    } else if (token === '}' || token === ']') {
      depth -= 1;
      const text = source.slice(start.offset, match.index + 1);
      if (depth === 0) documents.push({ index: documents.length, text, line: start.line, start: start.offset });
    }
  }
  return depth === 0 ? documents : splitDocuments(source);
}
