import { displayWidth, wrap } from './display-width.ts';
import { plainText } from './plain-text.ts';
import { painterFor, type Style, type Terminal } from './terminal.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Share in what a narrow terminal lacks; 0 (default) keeps the column at its full width. */
  readonly shrink?: number;
}

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

const gap = 2;
const narrowestColumn = 8;
/** Below it a table whose columns would have to be narrowed is stacked: words in columns of eight letters cannot be read. */
const narrowestTable = 60;
/** Nothing that belongs into a table is longer; a name of a megabyte is an attack on the terminal. */
const longestText = 2000;

/**
 * Lays out rows under a head, wrapping what the terminal has no room for; where columns do not fit at all, as a block of lines for
 * each row. Texts may be a stranger's.
 */
export function renderGrid(
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
  terminal: Terminal,
): string[] {
  const paint = painterFor(terminal);
  const cells = rows.map((row) => columns.map((_, index) => toCell(row[index] ?? '')));
  const natural = naturalWidths(columns, cells);
  const widths = fit(columns, natural, terminal.width);
  const { width = Number.POSITIVE_INFINITY } = terminal;
  const isTooWide = totalOf(widths) > width || (width < narrowestTable && totalOf(natural) > width);
  if (isTooWide) return cells.flatMap((row) => [...stack(columns, row, width, paint), '']).slice(0, -1);
  const head = layOut(
    columns,
    columns.map((column): Cell => ({ text: column.title, style: 'head' })),
    widths,
    paint,
  );
  return [...head, ...cells.flatMap((row) => layOut(columns, row, widths, paint))];
}

function toCell(cell: Cell | string): Cell {
  const { text, ...rest } = typeof cell === 'string' ? { text: cell } : cell;
  return { ...rest, text: plainText(text.length > longestText ? `${text.slice(0, longestText)}…` : text) };
}

function naturalWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  const widths = columns.map((column) => displayWidth(column.title));
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell.text));
  }
  return widths;
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, 0) + gap * (widths.length - 1);
}

/** Titles in front of their texts, one below the other; what is empty is left out. */
function stack(
  columns: readonly Column[],
  row: readonly Cell[],
  width: number,
  paint: (style: Style | undefined, text: string) => string,
): string[] {
  const indent = Math.max(...columns.map(({ title }) => displayWidth(title))) + gap;
  return columns.flatMap(({ title }, index) => {
    const { text = '', style } = row[index] ?? {};
    if (text === '' || text === '–') return [];
    return wrap(text, Math.max(narrowestColumn, width - indent)).map((line, number) => {
      const head = number === 0 ? title : '';
      return `${paint('head', head)}${' '.repeat(indent - displayWidth(head))}${paint(style, line)}`;
    });
  });
}

/** Takes what is missing from the columns that may shrink, the widest (by share) first, down to a readable width. */
function fit(columns: readonly Column[], natural: readonly number[], width: number | undefined): readonly number[] {
  if (width === undefined) return natural;
  const fitted = columns.map(({ title, shrink = 0 }, index) => ({
    width: natural[index] ?? 0,
    shrink,
    // The words of a head stay whole.
    narrowest: Math.max(narrowestColumn, ...title.split(' ').map(displayWidth)),
  }));
  let missing = totalOf(natural) - width;
  for (; missing > 0; missing -= 1) {
    const shrinkable = fitted.filter((column) => column.shrink > 0 && column.width > column.narrowest);
    if (shrinkable.length === 0) break;
    const widest = shrinkable.reduce((a, b) => (b.width * b.shrink > a.width * a.shrink ? b : a));
    widest.width -= 1;
  }
  return fitted.map((column) => column.width);
}

function layOut(
  columns: readonly Column[],
  row: readonly Cell[],
  widths: readonly number[],
  paint: (style: Style | undefined, text: string) => string,
): string[] {
  const wrapped = row.map((cell, index) => wrap(cell.text, widths[index] ?? 0));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    columns
      .map((column, index) => {
        const text = wrapped[index]?.[line] ?? '';
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(text)));
        const painted = paint(row[index]?.style, text);
        return column.align === 'right' ? space + painted : painted + space;
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}
