/** What stands in each column, by its heading. */
export type Columns<T> = Readonly<Record<string, (item: T) => string>>;

/** Comma-separated values with a heading (RFC 4180). */
export function* csv<T>(columns: Columns<T>, items: Iterable<T>): Generator<string> {
  yield line(Object.keys(columns));
  const cells = Object.values(columns);
  for (const item of items) yield line(cells.map((cell) => cell(item)));
}

/** Names come out of clusters, so none of them becomes a formula where the file is opened. */
function line(cells: readonly string[]): string {
  return `${cells.map((cell) => quoted(/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell)).join(',')}\r\n`;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
