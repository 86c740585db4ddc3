import type { FastifyInstance } from 'fastify';
import { documentationPath, openApiDocument, openApiPath, openApiYamlPath } from './openapi.ts';

/** The description of the routes, for programs and, as a plain page without scripts, for people. Open to everybody. */
export function registerDocumentation(app: FastifyInstance): void {
  for (const path of [openApiPath, openApiYamlPath])
    app.get(path, (_request, reply) =>
      reply
        .type(path === openApiPath ? 'application/json' : 'application/yaml')
        .send(JSON.stringify(openApiDocument(), undefined, 2)),
    );
  app.get(documentationPath, (_request, reply) => reply.type('text/html; charset=utf-8').send(page()));
}

interface Operation {
  readonly summary: string;
}

function page(): string {
  const { paths } = openApiDocument() as { paths: Record<string, Record<string, Operation>> };
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { summary }]) => `<tr><td>${method.toUpperCase()}<td><code>${path}</code><td>${summary}`,
    ),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>kubescape-scanner</title><h1>kubescape-scanner</h1>
<p><a href="${openApiPath}">OpenAPI 3.1 document</a></p><table>${rows.join('\n')}</table></html>
`;
}
