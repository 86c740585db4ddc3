import { afterEach, expect, it } from 'vitest';
import { startKubevuln, stopAllKubevulns } from '../testing/start-kubevuln.ts';
import { openApiDocument } from './openapi.ts';

afterEach(stopAllKubevulns);

it('the OpenAPI document describes every route, and no other', async () => {
  const { service } = await startKubevuln();
  const { paths } = openApiDocument() as { paths: Record<string, Record<string, object>> };
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(routesOf(service.app.printRoutes({ commonPrefix: false })).toSorted()).toEqual(documented.toSorted());
  const served = await service.app.inject('/openapi.json');
  expect(served.json()).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});

/** Out of the tree that fastify prints, where a line holds the part of the path that is its own. */
function routesOf(tree: string): string[] {
  const parents: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const found = /^(?<indent>[\s│]*)[└├]── (?<part>\S*)(?: \((?<methods>[A-Z, ]+)\))?/.exec(line)?.groups;
    if (found === undefined) return [];
    const { indent = '', part = '', methods = '' } = found;
    const depth = indent.length / 4;
    const path = `${parents[depth - 1] ?? ''}${part}`;
    parents[depth] = path;
    return methods
      .split(', ')
      .filter((method) => method !== '' && method !== 'HEAD')
      .map((method) => `${method} ${path}`);
  });
}
