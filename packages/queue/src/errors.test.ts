import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errors } from './errors.ts';

it('documents every error as it is', () => {
  const text = readFileSync(new URL('../../../docs/reference/errors-queue.md', import.meta.url), 'utf8');
  const documented = [...text.matchAll(/^\| `(\w+)` \| (.*?) \| (\d+) \| (yes|no) \| (\w+) \|/gm)].map(
    ([, code, message, httpStatus, retried, severity]) => ({
      code,
      message,
      httpStatus: Number(httpStatus),
      retryable: retried === 'yes',
      severity,
    }),
  );
  expect(documented).toEqual(Object.entries(errors).map(([code, row]) => ({ code, ...row })));
});
