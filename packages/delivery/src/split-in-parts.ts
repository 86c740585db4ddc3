/**
 * Splits a list into parts whose JSON arrays have at most `limitBytes` UTF-8 bytes each, in order and greedily. An item that is larger
 * by itself becomes a part of its own and is never cut. No items give no parts: what an empty report looks like is its format's matter.
 * `sizeOf` gives an item's bytes when the caller knows them; each item is then not serialised here.
 */
export function splitInParts<T>(
  items: readonly T[],
  limitBytes: number,
  sizeOf: (item: T) => number = (item) => Buffer.byteLength(JSON.stringify(item)),
): T[][] {
  const parts: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = sizeOf(item);
    const part = parts.at(-1);
    // One byte per item for the comma or the closing bracket, one for the opening bracket.
    if (part === undefined || bytes + size + 1 > limitBytes) {
      parts.push([item]);
      bytes = 1 + size + 1;
    } else {
      part.push(item);
      bytes += size + 1;
    }
  }
  return parts;
}
