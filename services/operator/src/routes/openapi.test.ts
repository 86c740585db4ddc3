import { documentationPaths, openApiPath, openApiYamlPath } from '@kso/kit';
import { expect, it } from 'vitest';
import { testOperator } from '../testing/test-operator.ts';
import { openApiDocument } from './openapi.ts';

it('the document names every route of the operator, is open, and a page shows it', async () => {
  const { operator, stop } = testOperator();
  await operator.app.ready();
  const { paths } = openApiDocument() as { paths: Record<string, Record<string, unknown>> };
  for (const [path, operations] of Object.entries(paths))
    for (const method of Object.keys(operations)) {
      const url = path.replace('{id}', ':id');
      expect([method, url, operator.app.hasRoute({ method: method.toUpperCase() as 'GET', url })]).toEqual([
        method,
        url,
        true,
      ]);
    }
  const get = (url: string) => operator.app.inject(url);
  for (const path of [openApiPath, openApiYamlPath])
    expect(JSON.parse((await get(path)).body)).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  for (const path of documentationPaths) expect((await get(path)).body).toContain('/v1/triggerAction');
  await stop();
});
