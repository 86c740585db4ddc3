/** A document of a file, before it is parsed. */
export type RawDocument =
  /** `start`: where the text begins in the file, in UTF-16 units. */
  | { readonly index: number; readonly text: string; readonly line: number; readonly start: number }
  /** What follows `---` on its line is neither blank nor a comment: kubectl takes that for an error. */
  | {
      readonly index: number;
      readonly text: string;
      readonly line: number;
      readonly start: number;
      readonly badSeparator: string;
    };

/**
 * Cuts a file at lines that begin with `---`, as kubectl does before any parser sees it, so that a malformed document does not
 * take its neighbours with it. `line` is that of the first line of the text, from 1. Documents without content are left out and
 * counted in `index` all the same, as `kubectl` and positions do.
 */
export function splitDocuments(source: string): RawDocument[] {
  const documents: RawDocument[] = [];
  let index = 0;
  let start = 0;
  let line = 1;
  let badSeparator: string | undefined;
  let hasSeen = false;

  const close = (end: number) => {
    const text = source.slice(start, end);
    const hasContent = /^[^\S\n]*[^\s#]/m.test(text);
    if (badSeparator !== undefined) documents.push({ index, text, line: line - 1, start, badSeparator });
    else if (hasContent) documents.push({ index, text, line, start });
    if (hasContent || hasSeen || badSeparator !== undefined) index += 1;
  };

  for (let position = 0, current = 1; position <= source.length; current += 1) {
    const newline = source.indexOf('\n', position);
    const end = newline < 0 ? source.length : newline;
    if (source.startsWith('---', position)) {
      close(position);
      hasSeen = true;
      const rest = source.slice(position + 3, end).trim();
      badSeparator = rest === '' || rest.startsWith('#') ? undefined : rest;
      start = end + 1;
      line = current + 1;
    }
    if (newline < 0) break;
    position = newline + 1;
  }
  close(source.length);
  return documents;
}
