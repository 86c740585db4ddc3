import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operatorErrors } from './errors.ts';

it('documents every error with its status', () => {
  const text = readFileSync(new URL('../../../docs/reference/operator-api.md', import.meta.url), 'utf8');
  const documented = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(documented).toEqual(Object.entries(operatorErrors).map(([code, { httpStatus }]) => [code, httpStatus]));
});
