import { readFileSync } from 'node:fs';
import { isSecret, leavesOf } from '@kso/kit';
import { expect, it } from 'vitest';
import { inventorySchema } from './config/schema.ts';
import { inventoryErrors } from './errors.ts';

const page = readFileSync(new URL('../../../docs/inventory.md', import.meta.url), 'utf8');

it('the page names every key and every error', () => {
  const missing = leavesOf(inventorySchema, isSecret)
    .map(({ path }) => path)
    // A row names the first of its keys whole, and of the others what differs.
    .filter(
      (path) => !path.some((_key, from) => page.includes(`\`${from === 0 ? '' : '.'}${path.slice(from).join('.')}\``)),
    )
    .map((path) => path.join('.'))
    // In one row, with braces.
    .filter((key) => !/^(metadata-collection|account-routes)\b/.test(key));
  expect(missing).toEqual([]);
  for (const code of Object.keys(inventoryErrors)) expect(page).toContain(`\`${code}\``);
});
