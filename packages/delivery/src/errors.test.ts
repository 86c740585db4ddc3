import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { deliveryErrors } from './errors.ts';

const document = readFileSync(new URL('../../../docs/reference/errors-delivery.md', import.meta.url), 'utf8');

it('the documentation lists each error as the table has it', () => {
  for (const [code, row] of Object.entries(deliveryErrors)) {
    const cells = [`\`${code}\``, row.message, row.httpStatus, row.retryable ? 'yes' : 'no', row.severity];
    expect(document).toContain(`| ${cells.join(' | ')} | `);
  }
});
