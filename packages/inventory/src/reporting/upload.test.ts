import { createMetrics, noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { expect, it } from 'vitest';
import { configOf, silent, startAnchore } from '../testing/start.ts';
import { uploadReport } from './upload.ts';

const ports = {
  logger: silent,
  metrics: createMetrics(),
  tracer: noopTracer,
  clock: systemClock,
  outgoing: readOutgoing({}),
};
const head = { cluster_name: 'prod-1', timestamp: '2026-11-30T12:00:00Z', serverVersionMetadata: {} };
const configured = (url: string) => configOf({ 'anchore.url': url, 'anchore.user': 'robot', 'anchore.password': 'pw' });

it('takes what the predecessors print, also null for no containers', async () => {
  const server = await startAnchore();
  const config = configured(server.url);
  const namespaces = [{ name: 'shop', uid: 'n' }];
  expect(await uploadReport({ ...head, containers: null, namespaces }, config, ports)).toMatchObject({
    outcome: 'sent',
  });
  const results = [{ namespace: 'shop', images: [] }];
  expect(await uploadReport({ ...head, results }, config, ports)).toMatchObject({ outcome: 'sent' });
  expect(server.seen.map(({ route, body }) => [route, body])).toEqual([
    ['POST /v2/kubernetes-inventory', { ...head, containers: [], namespaces }],
    ['POST /v1/enterprise/inventories', { ...head, results }],
  ]);
});

it.each([
  ['nothing', null],
  ['a list', []],
  ['another document', { ...head, cluster_name: '', containers: [] }],
  ['a container that is none', { ...head, containers: [null] }],
  ['text for a list', { ...head, containers: [], namespaces: 'shop' }],
  ['numbers for ids', { ...head, containers: [], pods: [{ uid: 1, namespace_uid: 2 }] }],
  ['a result that is none', { ...head, results: [null] }],
])('refuses %s', async (_what, document) => {
  const result = await uploadReport(document, configured('http://127.0.0.1:9'), ports);
  expect(result).toEqual({ outcome: 'unusable', problems: ['it is no inventory document'] });
});
