import type { SQLOutputValue } from 'node:sqlite';

/** A row of SQLite, read by column name. Types are those of the schema: a wrong one is a bug here, not bad input. */
export type Row = Record<string, SQLOutputValue>;

export const text = (row: Row, column: string): string => String(row[column]);
export const integer = (row: Row, column: string): number => Number(row[column]);

/** `{ [key]: value }` if the column is not NULL, to be spread into an object with optional properties. */
export function optional<K extends string>(row: Row, column: string, key: K): { [P in K]?: string } {
  const value = row[column];
  return (value === null || value === undefined ? {} : { [key]: String(value) }) as { [P in K]?: string };
}
