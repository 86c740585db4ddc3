import type { FastifyInstance } from 'fastify';

/** An OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0); every operation has a `summary`. */
export interface ApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly components?: object;
  readonly paths: object;
}

export const openApiPath = '/openapi.json';
/** JSON is YAML. */
export const openApiYamlPath = '/openapi/v2/swagger.yaml';
/** Where the existing products have their three viewers: here it is one plain page without scripts. */
export const documentationPaths = ['/openapi/v2/docs', '/openapi/v2/rapi', '/openapi/v2/swaggerui'] as const;

/** Serves the description of a service's routes, for programs and for people. `document` is asked when somebody looks. */
export function serveApiDocument(app: FastifyInstance, document: () => ApiDocument): void {
  for (const path of [openApiPath, openApiYamlPath])
    app.get(path, (_request, reply) =>
      reply
        .type(path === openApiPath ? 'application/json' : 'application/yaml')
        .send(JSON.stringify(document(), undefined, 2)),
    );
  for (const path of documentationPaths)
    app.get(path, (_request, reply) => reply.type('text/html; charset=utf-8').send(page(document())));
}

function page({ info, paths }: ApiDocument): string {
  const known = paths as Readonly<Record<string, Readonly<Record<string, { readonly summary: string }>>>>;
  const rows = Object.entries(known).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { summary }]) => `<tr><td>${method.toUpperCase()}<td><code>${path}</code><td>${summary}`,
    ),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${info.title}</title><h1>${info.title}</h1>
<p><a href="${openApiPath}">OpenAPI 3.1 document</a></p><table>${rows.join('\n')}</table></html>
`;
}
