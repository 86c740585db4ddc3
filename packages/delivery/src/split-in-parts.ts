/**
 * Splits a list into parts whose JSON arrays have at most `limitBytes` UTF-8 bytes each, in order and greedily. An item that is larger
 * by itself becomes a part of its own and is never cut. No items give no parts: what an empty report looks like is its format's matter.
 * `sizeOf` gives an item's bytes when the caller knows them; each item is then not serialised here.
 */
export function splitInParts<T>(items: Iterable<T>, limitBytes: number, sizeOf?: (item: T) => number): T[][] {
  return [...partsOf(items, limitBytes, sizeOf)];
}

/** The same parts one after another: items are taken as they are needed, and no more than one part stands in memory. */
export function* partsOf<T>(
  items: Iterable<T>,
  limitBytes: number,
  sizeOf: (item: T) => number = (item) => Buffer.byteLength(JSON.stringify(item)),
): Generator<T[], void, undefined> {
  let part: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    // One byte per item for the comma or the closing bracket, one for the opening bracket.
    if (part.length > 0 && bytes + size + 1 > limitBytes) {
      yield part;
      part = [];
    }
    if (part.length === 0) bytes = 1;
    part.push(item);
    bytes += size + 1;
  }
  if (part.length > 0) yield part;
}
