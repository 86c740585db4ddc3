import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployment, pod } from '../builders.ts';
import { createHttpClient } from '../http-client.ts';
import { missingPrograms } from '../programs.ts';
import { until } from '../until.ts';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from './index.ts';

describe.skipIf(missingPrograms(...controlPlanePrograms))('a control plane', { timeout: 60_000 }, () => {
  let cluster: ControlPlane;
  beforeAll(async () => {
    cluster = await startControlPlane({ controllerManager: true, scheduler: true });
  }, 60_000);
  afterAll(() => cluster.stop());

  it('stores what is applied, namespaces first, and applies again without harm', async () => {
    const objects = [
      pod({ name: 'one', namespace: 'first' }),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'first' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: '1' } },
    ];
    const stored = await cluster.client.apply(objects, { namespace: 'first' });
    expect(stored.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
      ['Pod', 'first'],
      ['Namespace', undefined],
      ['ConfigMap', 'first'],
    ]);
    await expect(cluster.client.apply(objects, { namespace: 'first' })).resolves.toHaveLength(3);
  });

  it('runs controllers: a deployment gets its pod', async () => {
    await cluster.client.apply([deployment({ name: 'web', namespace: 'default' })]);
    const pods = await until('a pod of the deployment', async () => {
      const list = await cluster.client.http.json('/api/v1/namespaces/default/pods?labelSelector=app%3Dweb');
      const { items } = list as { items: unknown[] };
      return items.length > 0 && items;
    });
    expect(pods).toHaveLength(1);
  });

  it('defines a kind and takes objects of it at once', async () => {
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
        scope: 'Namespaced',
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    };
    const thing = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' } };
    await expect(cluster.client.apply([thing, definition])).resolves.toHaveLength(2);
  });

  it('mints a token that may do what its rules say and nothing else', async () => {
    const token = await cluster.mintToken({ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }] });
    const http = createHttpClient(cluster.url, { ca: readFileSync(cluster.caFile, 'utf8'), token });
    const statuses = await Promise.all(['pods', 'secrets'].map((kind) => http.request(`/api/v1/${kind}`)));
    http.close();
    expect(statuses.map(({ status }) => status)).toEqual([200, 403]);
  });

  it('keeps its objects when the API server starts again', async () => {
    await cluster.client.apply([pod({ name: 'survivor' })]);
    await cluster.restartApiServer();
    await expect(cluster.client.get(pod({ name: 'survivor' }))).resolves.toMatchObject({ kind: 'Pod' });
  });

  it('leaves nothing behind', async () => {
    const other = await startControlPlane();
    const { folder } = other;
    await other.stop({ keepLogs: false });
    expect(existsSync(folder)).toBe(false);
    await expect(other.client.http.request('/readyz')).rejects.toThrow(/ECONNREFUSED/);
  });
});
