import { z } from 'zod';
import { reportSections } from '../cluster-reports/cluster-report.ts';
import { clusterReportsPath, ObjectsQuery } from '../cluster-reports/routes.ts';
import { answered, type Paths, parametersOf, pathParameters, problems } from './openapi-parts.ts';

const time = z.iso.datetime();
const State = z.strictObject({
  isConnected: z.boolean(),
  firstReportAt: time,
  lastReportAt: time,
  clusterAPIServerVersion: z.unknown().optional(),
  cloudVendor: z.unknown().optional(),
  installationData: z.unknown().optional(),
  counts: z.record(z.enum(reportSections), z.int()),
});
const Objects = z.strictObject({ items: z.array(z.unknown()), next: z.string().optional() });

/** The websocket of kollectors, and what it tells. */
export function statePaths(): Paths {
  const state = '/api/clusters/{cluster}/state';
  const cluster = ['customerGUID', 'clusterName'].map((name) => ({ name, in: 'query', schema: { type: 'string' } }));
  const upgrade = {
    101: { description: 'a websocket for reports of the cluster, one frame each' },
    ...problems(401, 403),
  };
  return {
    [clusterReportsPath]: { get: { parameters: cluster, responses: upgrade } },
    [state]: {
      get: {
        parameters: pathParameters(state),
        responses: { 200: answered('what there is', State), ...problems(401, 404) },
      },
    },
    [`${state}/objects`]: {
      get: {
        parameters: [...pathParameters(state), ...parametersOf(ObjectsQuery)],
        responses: { 200: answered('objects of a section', Objects), ...problems(400, 401) },
      },
    },
  };
}
