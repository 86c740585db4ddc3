import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { answers } from '../api/openapi.ts';
import { startTestEndpoint } from '../testing/endpoint.ts';
import { type ControlOptions, postureReport, resourceIdOf } from '../testing/reports.ts';

const route = '/k8s/v2/postureReport?clusterName=minikube';
const privileged: ControlOptions = { id: 'C-0057', name: 'Privileged container', scoreFactor: 8 };
const limits: ControlOptions = { id: 'C-0009', name: 'Resource limits', scoreFactor: 4 };
const passed = (control: ControlOptions): ControlOptions => ({ ...control, status: 'passed' });

let endpoint: ReturnType<typeof startTestEndpoint>;
beforeEach(() => {
  endpoint = startTestEndpoint();
});
afterEach(() => endpoint.stop());

async function workloads(query = 'status=all') {
  const { text } = await endpoint.get(`/api/clusters/minikube/workloads?${query}`);
  return (JSON.parse(text) as z.output<(typeof answers)['/api/clusters/{cluster}/workloads']>).items;
}
async function summary() {
  const { text } = await endpoint.get('/api/clusters/minikube/summary');
  return JSON.parse(text) as z.output<(typeof answers)['/api/clusters/{cluster}/summary']>;
}
async function send(report: object) {
  expect(await endpoint.post(route, report)).toMatchObject({ status: 200 });
}

describe('posture reports', () => {
  it('keep failed controls with severity, place and fix', async () => {
    const paths = [
      { failedPath: 'spec.template.spec.containers[0].securityContext.privileged', fixPath: { path: '', value: '' } },
      { fixPath: { path: 'spec.template.spec.hostPID', value: 'false' } },
    ];
    await send(
      postureReport({
        objects: [
          {
            name: 'web',
            file: 'shop/web.yaml',
            controls: [{ ...privileged, paths, messages: ['Container web is privileged.'] }, passed(limits)],
          },
        ],
      }),
    );
    const [web] = await workloads();
    expect(web).toMatchObject({
      id: 'apps/v1/shop/Deployment/web',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
      source: 'shop/web.yaml',
      passed: ['C-0009'],
      failures: { critical: 0, high: 1, medium: 0 },
      controls: [
        {
          controlId: 'C-0057',
          name: 'Privileged container',
          severity: 'High',
          status: 'failed',
          messages: ['Container web is privileged.'],
          paths: [
            { type: 'failed', path: 'spec.template.spec.containers[0].securityContext.privileged' },
            { type: 'fix', path: 'spec.template.spec.hostPID', value: 'false' },
          ],
          firstSeen: '2026-11-30T10:00:00.123Z',
        },
      ],
    });
    expect((await summary()).posture).toMatchObject({
      isComplete: true,
      objects: 1,
      failedObjects: 1,
      failedControls: 1,
      complianceScore: 60,
    });
  });

  it('take parts in any order, and are incomplete until the last of them is there', async () => {
    const [a, b] = [
      { name: 'a', controls: [privileged] },
      { name: 'b', controls: [privileged] },
    ];
    await send(postureReport({ objects: [b], part: [2, true] }));
    expect((await summary()).posture).toMatchObject({ isComplete: false, partsReceived: 1, partsExpected: 3 });
    await send(postureReport({ objects: [a], part: [0, false] }));
    expect((await summary()).posture).toMatchObject({ isComplete: false, partsReceived: 2 });
    await send(postureReport({ objects: [], part: [1, false] }));
    expect((await summary()).posture).toMatchObject({ isComplete: true, partsReceived: 3, objects: 2 });
  });

  it('find an object in one part and its results in another', async () => {
    const whole = postureReport({ objects: [{ name: 'web', controls: [privileged] }] });
    await send({ ...whole, resources: [], paginationInfo: { chunkNumber: 1, isLastChunk: true } });
    await send({ ...whole, results: null, paginationInfo: { chunkNumber: 0, isLastChunk: false } });
    expect(await workloads()).toMatchObject([{ name: 'web', controls: [{ controlId: 'C-0057' }] }]);
  });

  it('forget objects that a complete report no longer names, not before', async () => {
    await send(
      postureReport({
        guid: 'one',
        objects: [
          { name: 'old', controls: [privileged] },
          { name: 'web', controls: [privileged] },
        ],
      }),
    );
    const next = { guid: 'two', time: '2026-11-30T11:00:00Z' };
    await send(postureReport({ ...next, objects: [{ name: 'web', controls: [privileged] }], part: [0, false] }));
    expect((await workloads()).map(({ name }) => name).sort()).toEqual(['old', 'web']);
    await send(postureReport({ ...next, part: [1, true] }));
    expect((await workloads()).map(({ name }) => name)).toEqual(['web']);
  });

  it('remember since when a control fails, anew when it passed in between', async () => {
    const at = (hour: number, control: ControlOptions) =>
      send(
        postureReport({
          guid: `at-${hour}`,
          time: `2026-11-30T0${hour}:00:00Z`,
          objects: [{ name: 'web', controls: [control] }],
        }),
      );
    const since = async () => (await workloads())[0]?.controls[0]?.firstSeen;
    await at(1, privileged);
    await at(2, privileged);
    expect(await since()).toBe('2026-11-30T01:00:00.000Z');
    await at(3, passed(privileged));
    expect(await since()).toBeUndefined();
    await at(4, privileged);
    expect(await since()).toBe('2026-11-30T04:00:00.000Z');
  });

  it('let the newer of two reports stand, whichever comes first', async () => {
    await send(
      postureReport({
        guid: 'new',
        time: '2026-11-30T11:00:00Z',
        objects: [{ name: 'web', controls: [passed(privileged)] }],
      }),
    );
    await send(
      postureReport({
        guid: 'old',
        time: '2026-11-30T10:00:00Z',
        objects: [
          { name: 'web', controls: [privileged] },
          { name: 'gone', controls: [privileged] },
        ],
      }),
    );
    expect(await workloads()).toMatchObject([{ name: 'web', controls: [], passed: ['C-0057'] }]);
  });

  it('of a sender whose clock is ahead are not newer than all that follow, and its parts stay together', async () => {
    const objects = (name: string) => [{ name, controls: [privileged] }];
    const time = '2999-01-01T00:00:00Z';
    await send(postureReport({ guid: 'ahead', time, part: [0, false], objects: objects('first') }));
    endpoint.setTime('2026-11-30T12:00:05Z');
    await send(postureReport({ guid: 'ahead', time, part: [1, true], objects: objects('second') }));
    expect((await workloads()).map(({ name }) => name).sort()).toEqual(['first', 'second']);
    endpoint.setTime('2026-11-30T13:00:00Z');
    await send(postureReport({ guid: 'later', time: '2026-11-30T13:00:00Z', objects: objects('third') }));
    expect((await workloads()).map(({ name }) => name)).toEqual(['third']);
  });

  it('update only the objects they are about when they are of single objects', async () => {
    const objects = ['web', 'db', 'cache'].map((name) => ({ name, controls: [privileged] }));
    await send(postureReport({ guid: 'full', objects }));
    await send(
      postureReport({
        guid: 'delta',
        time: '2026-11-30T10:30:00Z',
        objects: [{ name: 'web', controls: [passed(privileged)] }],
        deleted: [resourceIdOf({ name: 'cache' })],
      }),
    );
    expect((await workloads()).map(({ name, failures }) => [name, failures.high])).toEqual([
      ['db', 1],
      ['web', 0],
    ]);
    expect((await summary()).posture).toMatchObject({
      reportGuid: 'full',
      lastChange: '2026-11-30T10:30:00.000Z',
      failedObjects: 1,
    });
  });

  it('show what was not evaluated, with the reason, and never as passed', async () => {
    const host: ControlOptions = {
      id: 'C-0069',
      name: 'Kubelet auth',
      status: 'skipped',
      subStatus: 'integration',
      info: 'no host data',
    };
    const coverage = { failedGVRPulls: [{ gvr: '/v1/secrets', error: 'forbidden' }], notEvaluatedControls: [] };
    await send(postureReport({ objects: [{ name: 'web', controls: [host] }], more: { scanCoverage: coverage } }));
    expect(await workloads('status=notEvaluated')).toMatchObject([
      {
        notEvaluated: 1,
        passed: [],
        controls: [{ status: 'skipped', subStatus: 'integration', info: 'no host data' }],
      },
    ]);
    expect((await summary()).posture).toMatchObject({
      notEvaluatedControls: [{ controlId: 'C-0069', info: 'no host data' }],
      unreadableKinds: [{ kind: '/v1/secrets', error: 'forbidden' }],
    });
  });

  it('name objects by their ids when the object itself is not there', async () => {
    const ids = [
      '/v1/shop/Pod/x',
      'rbac.authorization.k8s.io/v1//ClusterRole/admin',
      'path=123/api=apps/v1/shop/Deployment/web',
      'a/b//Role/r/rbac.authorization.k8s.io/v1/shop/RoleBinding/b/rbac.authorization.k8s.io/shop/User/eve',
    ];
    const { results, ...report } = postureReport({ objects: [{ name: 'x', controls: [privileged] }] });
    await send({ ...report, resources: [], results: ids.map((resourceID) => ({ ...results[0], resourceID })) });
    const found = (await workloads()).map(({ apiVersion, kind, namespace, name }) =>
      [apiVersion, kind, namespace, name].join('|'),
    );
    expect(found).toEqual([
      'v1|Pod|shop|x',
      'rbac.authorization.k8s.io/v1|ClusterRole||admin',
      'apps/v1|Deployment|shop|web',
      'rbac.authorization.k8s.io|User|shop|eve',
    ]);
  });

  it('are refused with the place of the first fault, and nothing is written', async () => {
    const { clusterName: _, ...nameless } = postureReport();
    expect(await endpoint.post(route, nameless)).toMatchObject({
      status: 400,
      body: expect.stringContaining('clusterName'),
    });
    const broken = postureReport({
      objects: [{ name: 'ok', controls: [privileged] }],
      more: { results: [{ resourceID: 7 }] },
    });
    expect(await endpoint.post(route, broken)).toMatchObject({
      status: 400,
      body: expect.stringContaining('results.0.resourceID'),
    });
    expect((await endpoint.get('/api/clusters')).text).toContain('"items":[]');
  });
});
