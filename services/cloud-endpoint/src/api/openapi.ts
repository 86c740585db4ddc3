import { z } from 'zod';
import { CommandAnswer, CommandRequest } from '../commands/routes.ts';
import { anchoreRoutes, type RouteName, routes } from '../ingest/port.ts';
import { Inventory, InventoryAgents, InventoryQuery } from '../inventory/queries.ts';
import { ControlInputs, PolicyList } from '../policy/routes.ts';
import { EndingQuery, ScheduleList, ScheduleQuery, ScheduleRequest, ScheduleView } from '../schedules/routes.ts';
import { exportPaths } from './exports.ts';
import {
  Cluster,
  Image,
  Job,
  JobStep,
  Posture,
  page,
  Receipt,
  Registry,
  Repository,
  Summary,
  Trends,
  Vulnerability,
  Workload,
} from './model.ts';
import { answered, joined, json, type Paths, parametersOf, pathParameters, problems } from './openapi-parts.ts';
import { policyManagement, policyReading } from './openapi-policy.ts';
import { statePaths } from './openapi-state.ts';
import {
  ImageQuery,
  JobQuery,
  ReceiptQuery,
  RepositoryQuery,
  TrendQuery,
  VulnerabilityQuery,
  WorkloadQuery,
} from './query.ts';

/** The answer of each `GET` of the own API, by path; a test holds the real answers against it. */
export const answers = {
  '/api/clusters': z.strictObject({
    isOpen: z.boolean().describe('no account is configured: everybody on this machine may look'),
    items: z.array(Cluster),
  }),
  '/api/clusters/{cluster}/summary': Summary,
  '/api/clusters/{cluster}/posture': Posture,
  '/api/clusters/{cluster}/trends': Trends,
  '/api/clusters/{cluster}/workloads': page(Workload),
  '/api/clusters/{cluster}/images': page(Image),
  '/api/clusters/{cluster}/inventory': Inventory,
  '/api/inventory/agents': InventoryAgents,
  '/api/clusters/{cluster}/vulnerabilities': page(Vulnerability),
  '/api/clusters/{cluster}/jobs': page(Job),
  '/api/clusters/{cluster}/jobs/{job}/steps': z.strictObject({ items: z.array(JobStep) }),
  '/api/clusters/{cluster}/receipts': page(Receipt),
  '/api/schedules': ScheduleList,
  '/api/registries': z.strictObject({ items: z.array(Registry) }),
  '/api/registries/repositories': page(Repository),
  '/api/exceptions/posture': PolicyList,
  '/api/exceptions/vulnerability': PolicyList,
  '/api/frameworks': PolicyList,
  '/api/attack-tracks': PolicyList,
  '/api/control-inputs': ControlInputs,
} as const;

const queries: Readonly<Record<string, z.ZodObject>> = {
  '/api/clusters/{cluster}/trends': TrendQuery,
  '/api/schedules': ScheduleQuery,
  '/api/registries/repositories': RepositoryQuery,
  '/api/clusters/{cluster}/workloads': WorkloadQuery,
  '/api/clusters/{cluster}/images': ImageQuery,
  '/api/clusters/{cluster}/inventory': InventoryQuery,
  '/api/clusters/{cluster}/vulnerabilities': VulnerabilityQuery,
  '/api/clusters/{cluster}/jobs': JobQuery,
  '/api/clusters/{cluster}/receipts': ReceiptQuery,
};

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
    paths: joined(
      ownPaths(),
      eventPath(),
      commandPath(),
      statePaths(),
      exportFiles(),
      schedulePaths(),
      policyManagement(),
      policyReading(),
      discoveryPaths(),
      anchorePaths(),
      senderPaths(),
    ),
  };
  return document;
}

function ownPaths(): Paths {
  return Object.fromEntries(
    Object.entries(answers).map(([path, answer]) => {
      const responses = { 200: answered('the state of now', answer), ...problems(400, 401, 404) };
      return [path, { get: { parameters: [...pathParameters(path), ...parametersOf(queries[path])], responses } }];
    }),
  );
}

function exportFiles(): Paths {
  const file = { description: 'the whole list as a file', content: { 'text/csv': {}, 'application/json': {} } };
  return Object.fromEntries(
    Object.entries(exportPaths).map(([path, query]) => {
      const parameters = [...pathParameters(path), ...parametersOf(query)];
      return [path, { get: { parameters, responses: { 200: file, ...problems(400, 401, 404) } } }];
    }),
  );
}

function eventPath(): Paths {
  const stream =
    'server-sent events named `change`, data `{"cluster","what":"posture"|"images"|"jobs"|"policy"|"schedules"|"registries"|"inventory"}`';
  const responses = { 200: { description: stream, content: { 'text/event-stream': {} } }, ...problems(401, 429) };
  return {
    '/api/events': { get: { responses } },
    '/api/openapi.json': { get: { responses: { 200: { description: 'this document' }, ...problems(401) } } },
  };
}

function commandPath(): Paths {
  const requestBody = { required: true, ...json(CommandRequest, 'input') };
  const responses = {
    202: answered('sent to the cluster', CommandAnswer),
    ...problems(400, 401, 403, 409, 501, 502),
  };
  return { '/api/commands': { post: { requestBody, responses } } };
}

function schedulePaths(): Paths {
  const refusals = problems(400, 401, 403, 409, 501, 502, 503);
  const post = {
    requestBody: { required: true, ...json(ScheduleRequest, 'input') },
    responses: {
      200: answered('it was asked for before', ScheduleView),
      202: answered('asked for', ScheduleView),
      ...refusals,
    },
  };
  const item = '/api/schedules/{cluster}/{name}';
  const parameters = [...pathParameters(item), ...parametersOf(EndingQuery)];
  const responses = {
    202: answered('the cluster is told', CommandAnswer),
    204: { description: 'forgotten' },
    ...refusals,
    ...problems(404),
  };
  return { '/api/schedules': { post }, [item]: { delete: { parameters, responses } } };
}

function discoveryPaths(): Paths {
  const get = { security: [], responses: { 200: { description: 'addresses of the services here' } } };
  return { '/api/v2/servicediscovery': { get }, '/api/v3/servicediscovery': { get } };
}

function senderPaths(): Paths {
  const parameters = [
    { name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 512 } },
    { name: 'customerGUID', in: 'query', schema: { type: 'string' } },
  ];
  const responses = {
    200: { description: 'stored; the same for a repeated delivery, with `Idempotent-Replayed: true`' },
    ...problems(400, 401, 413, 415, 429, 503),
  };
  const registry = ['registryName', 'jobID'].map((name) => ({ name, in: 'query', schema: { type: 'string' } }));
  return Object.fromEntries(
    (Object.entries(routes) as [RouteName, string][]).map(([route, colons]) => {
      const path = colons.replaceAll(/:(\w+)/g, '{$1}');
      if (anchoreRoutes.has(route)) return [path, { post: anchorePost(path) }];
      const isList = route === 'registryRepositories';
      const schema = { type: isList ? 'array' : 'object' };
      const requestBody = { required: true, content: { 'application/json': { schema } } };
      const post = { parameters: isList ? [...parameters, ...registry] : parameters, requestBody, responses };
      return [path, { post }];
    }),
  );
}

const anchoreAccount = { name: 'x-anchore-account', in: 'header', schema: { type: 'string' } };

function anchorePost(path: string): object {
  const requestBody = { required: true, content: { 'application/json': { schema: { type: 'object' } } } };
  const responses = { 200: { description: 'taken' }, ...problems(400, 401, 403, 413, 415, 429, 503) };
  return { parameters: [...pathParameters(path), anchoreAccount], requestBody, responses };
}

function anchorePaths(): Paths {
  const images = { description: 'images in use, in the form of Anchore', content: { 'application/json': {} } };
  return {
    '/version': { get: { security: [], responses: { 200: { description: 'the release of the API that is spoken' } } } },
    '/v1/enterprise/inventories': {
      get: { parameters: [anchoreAccount], responses: { 200: images, ...problems(401, 403) } },
    },
  };
}
