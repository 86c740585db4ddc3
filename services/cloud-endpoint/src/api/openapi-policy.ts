import { z } from 'zod';
import {
  ControlInputs,
  controlInputsPath,
  PolicyList,
  PolicyListChanged,
  PolicyObject,
  policyCollections,
} from '../policy/routes.ts';
import { FrameworksQuery, policyPaths, VulnerabilityExceptionsQuery } from '../policy/sender-routes.ts';
import { answered, json, type Operation, type Paths, parametersOf, problems } from './openapi-parts.ts';

const refusals = problems(400, 401, 403, 409, 503);
const gone: Operation = { responses: { 204: { description: 'it is not there any more' }, ...problems(401, 403, 503) } };

const put = (body: z.ZodType, answer: z.ZodType, also: object = {}): Operation => ({
  requestBody: { required: true, ...json(body, 'input') },
  responses: { 200: answered('as it is kept now', answer), ...also, ...refusals },
});

/** Policies that people keep here; the `GET` of lists stand with the other answers. */
export function policyManagement(): Paths {
  const list = z.array(PolicyObject).or(PolicyList);
  const name = { name: 'name', in: 'path', required: true, schema: { type: 'string' } };
  const collections = Object.keys(policyCollections).flatMap((path): [string, object][] => [
    [path, { put: put(list, PolicyListChanged), delete: gone }],
    [
      `${path}/{name}`,
      {
        parameters: [name],
        get: { responses: { 200: answered('the document', PolicyObject), ...problems(401, 404) } },
        put: put(PolicyObject, PolicyObject, { 201: answered('it is new', PolicyObject) }),
        delete: gone,
      },
    ],
  ]);
  const inputs: [string, object] = [controlInputsPath, { put: put(PolicyObject, ControlInputs), delete: gone }];
  return Object.fromEntries([...collections, inputs]);
}

/** What scanners read. */
export function policyReading(): Paths {
  const account = { name: 'customerGUID', in: 'query', schema: { type: 'string' } };
  const get = (answer: z.ZodType, query?: z.ZodObject, more: object = {}) => ({
    get: {
      parameters: [account, ...parametersOf(query)],
      responses: { 200: answered('in the form of the existing product', answer), ...problems(401), ...more },
    },
  });
  const list = z.array(PolicyObject);
  return {
    [policyPaths.frameworks]: get(list.or(PolicyObject), FrameworksQuery, problems(404)),
    [policyPaths.postureExceptions]: get(list),
    [policyPaths.controlInputs]: get(PolicyObject, undefined, problems(404)),
    [policyPaths.attackTracks]: get(list),
    [policyPaths.vulnerabilityExceptions]: get(list, VulnerabilityExceptionsQuery),
  };
}
