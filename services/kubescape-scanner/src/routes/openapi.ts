import { type ApiDocument, documentationPaths, openApiPath, openApiYamlPath } from '@kso/kit';
import { PostureReport, PostureScanRequest } from '@kso/wire';
import { z } from 'zod';

const id = query('id', 'Id of a scan, as `POST /v1/scan` has answered it.', { type: 'string', format: 'uuid' });
const keep = query('keep', 'Do not delete the result after it was read.', { type: 'boolean', default: false });

let document: ApiDocument | undefined;

/** OpenAPI 3.1 of every route of the scanner, from the schemas that requests are checked by. Built when first asked for. */
export function openApiDocument(): ApiDocument {
  document ??= {
    openapi: '3.1.0',
    info: { title: 'kubescape-scanner', version: '1', description: 'Posture scans of a cluster.' },
    components: {
      schemas: {
        Envelope: envelope(),
        ScanRequest: jsonSchema(PostureScanRequest, 'input'),
        PostureReport: jsonSchema(PostureReport, 'output'),
      },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    paths: { ...scanPaths(), ...resultPaths(), ...metricsPaths(), ...openPaths() },
  };
  return document;
}

function scanPaths(): object {
  return {
    '/v1/scan': {
      post: operation('Start a scan', {
        parameters: [
          query('wait', 'Answer when the scan has ended, with its report.', { type: 'boolean', default: false }),
          keep,
          query('skipPersistence', 'Accepted: findings are never written as objects of the cluster.', {
            type: 'boolean',
          }),
          query('callback', 'Told with a POST when the scan has ended. Has to be enabled.', {
            type: 'string',
            format: 'uri',
          }),
        ],
        requestBody: { content: { 'application/json': { schema: ref('ScanRequest') } } },
        responses: answers('`busy` with the id, or `v1results` with the report', 400, 413, 429, 500),
      }),
      delete: operation('Cancel a scan that waits or runs', {
        parameters: [id],
        responses: answers('`notBusy`: it was cancelled', 400, 404),
      }),
    },
    '/v1/status': {
      get: operation('Whether a scan waits or runs', {
        parameters: [id],
        responses: answers('`busy` or `notBusy`', 400),
      }),
    },
  };
}

function resultPaths(): object {
  return {
    '/v1/results': {
      get: operation('Read a report; it is deleted unless `keep` is set', {
        parameters: [id, keep],
        responses: {
          ...answers('`v1results`, or `busy`', 400, 500),
          204: { description: 'there is none, or it was read' },
        },
      }),
      delete: operation('Delete one report or all', {
        parameters: [id, query('all', 'All reports and failures.', { type: 'boolean', default: false })],
        responses: { ...errors(400), 200: { description: 'deleted' } },
      }),
    },
  };
}

function metricsPaths(): object {
  const text = { description: 'Prometheus text format', content: { 'text/plain': {} } };
  return {
    '/v1/metrics': {
      get: operation('The state of the cluster as metrics. Starts no scan', {
        parameters: [
          query('frameworks', 'Names with commas between; all by default.', { type: 'string' }),
          query('skipPersistence', 'Accepted, without effect.', { type: 'boolean' }),
        ],
        responses: { 200: text, ...errors(400, 503) },
      }),
    },
    '/metrics': { get: open('Metrics of the process and of the cluster', { 200: text }) },
  };
}

function openPaths(): object {
  const probe = { 200: { description: 'yes' }, 503: { description: 'no, with the reasons' } };
  const documents = Object.fromEntries(
    [openApiPath, openApiYamlPath, ...documentationPaths].map((path) => [
      path,
      { get: open('This document', { 200: { description: 'the document' } }) },
    ]),
  );
  const probes = [
    ['/livez', 'Alive'],
    ['/v1/liveness', 'Alive'],
    ['/readyz', 'Ready'],
    ['/v1/readiness', 'Ready'],
  ].map(([path = '', summary = '']) => [path, { get: open(summary, probe) }]);
  return { ...documents, ...Object.fromEntries(probes) };
}

function operation(summary: string, rest: object): object {
  return { summary, security: [{ token: [] }], ...rest };
}

function open(summary: string, responses: object): object {
  return { summary, security: [], responses };
}

function query(name: string, description: string, schema: object): object {
  return { name, in: 'query', description, schema };
}

function answers(description: string, ...statuses: readonly number[]): object {
  return { ...errors(...statuses), 200: { description, ...json(ref('Envelope')) } };
}

const reasons: Readonly<Record<number, string>> = {
  400: 'the request is wrong; `response` says why',
  401: 'no token, or a wrong one',
  404: 'no such scan waits or runs',
  413: 'the body is too large',
  429: 'too many scans wait; `Retry-After` says when to come again',
  500: 'the scan has failed; `response` says why',
  503: 'nothing was evaluated yet',
};

function errors(...statuses: readonly number[]): object {
  return Object.fromEntries(
    [...statuses, 401].map((status) => [status, { description: reasons[status], ...json(ref('Envelope')) }]),
  );
}

function json(schema: object): object {
  return { content: { 'application/json': { schema } } };
}

function ref(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}

function envelope(): object {
  return {
    type: 'object',
    required: ['id', 'type'],
    properties: {
      id: { type: 'string' },
      type: { enum: ['busy', 'notBusy', 'v1results', 'error'] },
      response: { oneOf: [{ type: 'string' }, ref('PostureReport')] },
    },
  };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, { io });
  return made;
}
