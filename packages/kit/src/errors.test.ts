import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kitErrors } from './error-table.ts';
import { describeError, errorFactory } from './errors.ts';

const documentation = readFileSync(new URL('../../../docs/reference/errors-kit.md', import.meta.url), 'utf8');

it('the documentation lists exactly the errors of the table', () => {
  const rows = documentation
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, 6)
        .map((cell) => cell.trim()),
    );
  const expected = Object.entries(kitErrors).map(([code, row]) => [
    `\`${code}\``,
    row.message,
    String(row.httpStatus),
    row.retryable ? 'yes' : 'no',
    row.severity,
  ]);
  expect(rows).toEqual(expected);
});

it('every error says what to do about it', () => {
  const rows = documentation.split('\n').filter((line) => line.startsWith('| `'));
  const silent = rows.filter((line) => !/\w{3}/.test(line.split('|')[6] ?? ''));
  expect(silent).toEqual([]);
});

it('messages are filled from the context and never break over a missing field', () => {
  const fail = errorFactory(kitErrors);
  expect(fail('FILE_MISSING', { what: 'services', file: '/x' }).message).toBe('services: /x does not exist');
  expect(fail('FILE_MISSING', { what: 'services' }).message).toBe('services: {file} does not exist');
});

it('one line tells an error with its causes', () => {
  expect(describeError(new Error('a', { cause: new Error('b', { cause: 'c' }) }))).toBe('a: b: c');
});

it('an error of several tells each, also when it has no text of its own', () => {
  const refused = [new Error('::1 refused'), new Error('127.0.0.1 refused')];
  expect(describeError(new AggregateError(refused))).toBe('::1 refused; 127.0.0.1 refused');
  expect(describeError(new AggregateError(refused, 'no connection'))).toBe(
    'no connection: ::1 refused; 127.0.0.1 refused',
  );
});

it('causes that run in a circle end', () => {
  const error = new Error('x');
  error.cause = error;
  expect(describeError(error)).toBe('x: x: x: x: x: x');
});
