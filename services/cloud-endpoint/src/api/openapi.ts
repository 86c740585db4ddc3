import { z } from 'zod';
import { CommandAnswer, CommandRequest } from '../commands/routes.ts';
import { routes } from '../ingest/port.ts';
import { Cluster, Image, Job, JobStep, page, Receipt, Summary, Vulnerability, Workload } from './model.ts';
import { ImageQuery, JobQuery, ReceiptQuery, VulnerabilityQuery, WorkloadQuery } from './query.ts';

/** The answer of each route of the own API, by path; a test holds the real answers against it. */
export const answers = {
  '/api/clusters': z.strictObject({
    isOpen: z.boolean().describe('no account is configured: everybody on this machine may look'),
    items: z.array(Cluster),
  }),
  '/api/clusters/{cluster}/summary': Summary,
  '/api/clusters/{cluster}/workloads': page(Workload),
  '/api/clusters/{cluster}/images': page(Image),
  '/api/clusters/{cluster}/vulnerabilities': page(Vulnerability),
  '/api/clusters/{cluster}/jobs': page(Job),
  '/api/clusters/{cluster}/jobs/{job}/steps': z.strictObject({ items: z.array(JobStep) }),
  '/api/clusters/{cluster}/receipts': page(Receipt),
} as const;

const queries: Readonly<Record<string, z.ZodObject>> = {
  '/api/clusters/{cluster}/workloads': WorkloadQuery,
  '/api/clusters/{cluster}/images': ImageQuery,
  '/api/clusters/{cluster}/vulnerabilities': VulnerabilityQuery,
  '/api/clusters/{cluster}/jobs': JobQuery,
  '/api/clusters/{cluster}/receipts': ReceiptQuery,
};

const problem = { description: 'problem document (RFC 9457)', content: { 'application/problem+json': {} } };

let document: object | undefined;

/** OpenAPI 3.1, made from the schemas that the answers are typed by. Built when first asked for. */
export function openApiDocument(): object {
  document ??= {
    openapi: '3.1.0',
    info: { title: 'cloud-endpoint', version: '1', description: 'Reports of clusters, received and shown.' },
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-KEY' },
        person: { type: 'http', scheme: 'basic' },
      },
    },
    security: [{ key: [] }, { person: [] }],
    paths: { ...ownPaths(), ...eventPath(), ...commandPath(), ...senderPaths() },
  };
  return document;
}

function ownPaths(): object {
  return Object.fromEntries(
    Object.entries(answers).map(([path, answer]) => {
      const schema = z.toJSONSchema(answer, { io: 'output' });
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      }));
      const responses = {
        200: { description: 'the state of now', content: { 'application/json': { schema } } },
        400: problem,
        401: problem,
        404: problem,
      };
      return [path, { get: { parameters: [...inPath, ...parametersOf(queries[path])], responses } }];
    }),
  );
}

function parametersOf(query: z.ZodObject | undefined): object[] {
  if (query === undefined) return [];
  const { properties = {} } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }));
}

function eventPath(): object {
  const stream = 'server-sent events named `change`, data `{"cluster","what":"posture"|"images"|"jobs"}`';
  return {
    '/api/events': {
      get: { responses: { 200: { description: stream, content: { 'text/event-stream': {} } }, 429: problem } },
    },
  };
}

function commandPath(): object {
  const schema = z.toJSONSchema(CommandRequest, { io: 'input' });
  const answer = z.toJSONSchema(CommandAnswer, { io: 'output' });
  const sent = { description: 'sent to the cluster', content: { 'application/json': { schema: answer } } };
  const problems = Object.fromEntries([400, 401, 403, 409, 501, 502].map((status) => [status, problem]));
  const requestBody = { required: true, content: { 'application/json': { schema } } };
  return { '/api/commands': { post: { requestBody, responses: { 202: sent, ...problems } } } };
}

function senderPaths(): object {
  const headers = [
    { name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 512 } },
    { name: 'customerGUID', in: 'query', schema: { type: 'string' } },
  ];
  const responses = {
    200: { description: 'stored; the same for a repeated delivery, with `Idempotent-Replayed: true`' },
    ...Object.fromEntries([400, 401, 413, 415, 429, 503].map((status) => [status, problem])),
  };
  const body = { required: true, content: { 'application/json': { schema: { type: 'object' } } } };
  return Object.fromEntries(
    Object.values(routes).map((path) => [path, { post: { parameters: headers, requestBody: body, responses } }]),
  );
}
