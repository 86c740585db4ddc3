import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { answers } from './api/openapi.ts';
import { cloudEndpointConfig } from './config.ts';
import { cloudEndpointErrors } from './errors.ts';
import { routes } from './ingest/port.ts';

const document = readFileSync(new URL('../../../docs/reference/cloud-endpoint-api.md', import.meta.url), 'utf8');

it('the documentation lists each error as the table has it', () => {
  for (const [code, row] of Object.entries(cloudEndpointErrors)) {
    const cells = [`\`${code}\``, row.message, row.httpStatus, row.retryable ? 'yes' : 'no', row.severity];
    expect(document).toContain(`| ${cells.join(' | ')} | `);
  }
});

it('the documentation names every setting and every route', () => {
  for (const leaf of leaves(cloudEndpointConfig.schema.parse({ tls: { certFile: '', keyFile: '' } })))
    expect(document).toContain(`\`${leaf}\``);
  const paths = [...Object.values(routes), ...Object.keys(answers).filter((path) => !path.endsWith('/steps'))];
  for (const path of paths) expect(document).toContain(path);
});

function leaves(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? leaves(inner, `${prefix}${key}.`)
      : [`${prefix}${key}`],
  );
}
