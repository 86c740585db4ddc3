import { ImageScanRecord, RegistryCredentials } from '@kso/wire';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { objectKinds } from './objects.ts';
import { scanRoutes } from './scan-requests.ts';

export const openApiPath = '/openapi.json';

let document: object | undefined;

/** OpenAPI 3.1 of every route of kubevuln; a test holds it against the real ones. Built when first asked for. */
export function openApiDocument(): object {
  document ??= {
    openapi: '3.1.0',
    info: { title: 'kubevuln', version: '1', description: 'Vulnerabilities in the images of a cluster.' },
    components: {
      schemas: { Problem: problem, ScanRequest: scanRequest, ImageScanRecord: jsonSchema(ImageScanRecord) },
    },
    paths: { ...scanPaths(), ...statusPaths(), ...objectPaths(), ...probePaths() },
  };
  return document;
}

/** Serves the description, for programs and people. */
export function registerOpenApi(app: FastifyInstance): void {
  app.get(openApiPath, (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(openApiDocument(), undefined, 2)),
  );
}

const problem = {
  type: 'object',
  description: 'RFC 7807, the answers of success included.',
  required: ['status', 'title'],
  properties: { detail: { type: 'string' }, status: { type: 'integer' }, title: { type: 'string' } },
};

const text = { type: 'string' };

/** Keys are read without case, unknown ones are ignored. */
const scanRequest = {
  type: 'object',
  properties: {
    imageTag: { ...text, description: 'The reference as written in the pod spec.' },
    imageHash: { ...text, description: "The runtime's image id." },
    wlid: text,
    containerName: text,
    instanceID: { type: ['string', 'null'] },
    credentialsList: { type: ['array', 'null'], items: jsonSchema(RegistryCredentials) },
    args: {
      type: ['object', 'null'],
      description:
        'platform, useHTTP, skipTLSVerify; of a profile: name, namespace and, where it comes along, profile; of a registry: registryName, repository, tag, sensor, registryID, registryScanID, registryScanImagesCount.',
    },
    session: { type: ['object', 'null'], properties: { jobIDs: { type: ['array', 'null'], items: text } } },
    jobID: text,
    parentJobID: text,
    actionIDN: { type: ['integer', 'null'] },
  },
};

function scanPaths(): object {
  const body = { required: true, content: { 'application/json': { schema: ref('ScanRequest') } } };
  return Object.fromEntries(
    scanRoutes.flatMap(({ paths, summary }) =>
      paths.map((path, index) => [
        path,
        {
          post: {
            summary,
            ...(index === 0 ? {} : { deprecated: true }),
            requestBody: body,
            responses: {
              ...problems('accepted; it runs later', 200),
              ...problems('the body is no JSON, or names nothing to scan', 400),
              ...problems('comes from a page of another site', 403),
              ...problems('the registry has refused this image for too many requests; see Retry-After', 429),
              ...problems('too many scans wait; see Retry-After', 503),
            },
          },
        },
      ]),
    ),
  );
}

function statusPaths(): object {
  return {
    '/v1/scanStatus/{jobID}': {
      get: {
        summary: 'How far an accepted scan is',
        parameters: [inPath('jobID')],
        responses: { ...json('state, phase and, of a failure, reason', 200), ...problems('no such job', 404) },
      },
    },
    '/v1/diagnostics': {
      get: {
        summary: 'Versions, modes and the age of the database',
        responses: json('the configuration in force', 200),
      },
    },
    '/v1/imageVulnerabilities': {
      get: {
        summary: 'Grave findings by image, for controls, in pages',
        parameters: [{ name: 'after', in: 'query', schema: text, description: '`next` of the page before.' }],
        responses: json('images and next', 200),
      },
    },
    [openApiPath]: { get: { summary: 'This document', responses: json('OpenAPI 3.1', 200) } },
  };
}

function objectPaths(): object {
  return Object.fromEntries(
    objectKinds.flatMap((kind) => [
      [`/v1/objects/${kind}`, { get: { summary: `Names of all ${kind}`, responses: json('items', 200) } }],
      [
        `/v1/objects/${kind}/{name}`,
        {
          get: {
            summary: `One of the ${kind}`,
            parameters: [inPath('name')],
            responses: { ...json('the object', 200), ...problems('no such object', 404) },
          },
        },
      ],
    ]),
  );
}

function probePaths(): object {
  const probe = (summary: string) => ({
    get: { summary, responses: { 200: { description: 'yes' }, 503: { description: 'no, with the reason' } } },
  });
  return {
    '/v1/liveness': probe('Whether the process works'),
    '/livez': probe('Whether the process works'),
    '/v1/readiness': probe('Whether there are engines and a database'),
    '/readyz': probe('Whether there are engines and a database'),
    '/metrics': {
      get: {
        summary: 'Metrics',
        responses: { 200: { description: 'Prometheus text', content: { 'text/plain': {} } } },
      },
    },
  };
}

function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: 'input' });
}

function ref(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}

function json(description: string, status: number): object {
  return { [status]: { description, content: { 'application/json': {} } } };
}

function problems(description: string, status: number): object {
  return { [status]: { description, content: { 'application/problem+json': { schema: ref('Problem') } } } };
}

function inPath(name: string): object {
  return { name, in: 'path', required: true, schema: text };
}
