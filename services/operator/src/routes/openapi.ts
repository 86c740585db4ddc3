import { type ApiDocument, documentationPaths, openApiPath, openApiYamlPath } from '@kso/kit';

const text = (description: string) => ({ description, content: { 'text/plain': { schema: { type: 'string' } } } });
const json = (description: string) => ({
  description,
  content: { 'application/json': { schema: { type: 'object' } } },
});
const token = [{ token: [] }];
const id = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'Of a command or a job.',
  schema: { type: 'string' },
};

const command = {
  type: 'object',
  description:
    'Keys are read without case, unknown ones are ignored. Which commands there are: docs/reference/operator-api.md.',
  required: ['commandName'],
  properties: {
    commandName: { type: 'string' },
    args: { type: ['object', 'null'] },
    wlid: { type: 'string' },
    wildWlid: { type: 'string' },
    designators: { type: ['array', 'null'], items: { type: 'object' } },
    jobTracking: {
      type: ['object', 'null'],
      properties: { jobID: { type: 'string' }, parentAction: { type: 'string' } },
    },
  },
};

/** OpenAPI 3.1 of the operator's routes. */
export function openApiDocument(): ApiDocument {
  return {
    openapi: '3.1.0',
    info: { title: 'operator', version: '1', description: 'Takes commands and tells what became of them.' },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/v1/triggerAction': {
        post: {
          summary: 'Give commands',
          security: token,
          requestBody: {
            content: {
              '*/*': { schema: { type: 'object', properties: { commands: { type: 'array', items: command } } } },
            },
          },
          responses: {
            200: text('`ok`; with `Accept: application/json` what became of each command'),
            400: text('no commands (`strictStatus`)'),
            401: text('no token, or a wrong one'),
            500: text('no commands'),
            503: text('too many commands, or the queue is away: send it again'),
          },
        },
      },
      '/v1/jobs': {
        get: {
          summary: 'Commands, the newest first',
          security: token,
          parameters: [
            { name: 'state', in: 'query', schema: { type: 'string' } },
            { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1 } },
          ],
          responses: { 200: json('commands'), 400: json('a wrong question'), 401: json('no token, or a wrong one') },
        },
      },
      '/v1/jobs/{id}': {
        get: {
          summary: 'One command with its jobs, or one job',
          security: token,
          parameters: [id],
          responses: { 200: json('it'), 401: json('no token, or a wrong one'), 404: json('there is none') },
        },
        delete: {
          summary: 'Cancel a command or a job',
          security: token,
          parameters: [id],
          responses: {
            200: json('it was cancelled'),
            401: json('no token, or a wrong one'),
            404: json('there is none'),
            409: json('it had ended'),
          },
        },
      },
      ...Object.fromEntries(
        [openApiPath, openApiYamlPath, ...documentationPaths].map((path) => [
          path,
          { get: { summary: 'This document', security: [], responses: { 200: { description: 'the document' } } } },
        ]),
      ),
    },
  };
}
