import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { values as keys } from '../../../charts/values/all.ts';
import { stringMap } from '../../../charts/values/types.ts';
import { chartFolder, template } from '../values/chart-under-test.ts';
import { merge, nested } from '../values/samples.ts';
import { byKind, envOf, named, objectsOf, podTemplate, render, workloads } from './rendered.ts';
import { full } from './variants.ts';

/** Text that YAML would read as something else, where people choose it. */
const looksLikeNumbers = {
  ...full,
  nameOverride: '1',
  redis: { auth: { existingSecret: '123', existingSecretKey: '9' } },
  credentials: { cloudSecret: '456' },
  global: { ...full.global, namespaceTier: '1' },
  operator: { persistence: { existingClaim: '789' }, serviceAccount: { name: '321' } },
  kubescape: { policy: { existingConfigMaps: { exceptions: '654' } } },
  kubevuln: { persistence: { existingClaim: '987' } },
  kubescapeScheduler: { name: '111' },
  otelCollector: { endpoint: { headersSecret: '222' } },
  cloudProviderMetadata: { secretRef: { name: '333', cloudRegionKey: '444' } },
  additionalLabels: { x: 1 },
  additionalAnnotations: { since: 2026 },
};

/** What the release `123` in the namespace `123` has, with the path of each value that is a number or a switch. */
function notText(node: unknown, wanted: (path: string) => boolean, path = ''): string[] {
  if (typeof node === 'number' || typeof node === 'boolean') return wanted(path) ? [`${path} = ${node}`] : [];
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, inner]) => notText(inner, wanted, `${path}/${key}`));
}

const textFields =
  /\/(labels|annotations|matchLabels|nodeSelector|selector)\/[^/]+$|\/(name|namespace|secretName|claimName|serviceAccountName|serviceName|key)$|\/matchNames\//u;

function installed(values: object): KubeObject[] {
  const { error, out } = template(chartFolder, { values, namespace: '123', release: '123' });
  expect(error).toBe('');
  return objectsOf(out);
}

describe.skipIf(missingPrograms('helm') !== undefined)('values that look like something else', () => {
  it('stay text where the API server wants text: names, namespaces, labels, annotations, selectors, keys', () => {
    const objects = installed(looksLikeNumbers).filter(({ kind }) => kind !== 'CustomResourceDefinition');
    expect(objects.flatMap((object) => notText(object, (path) => textFields.test(path), object.kind))).toEqual([]);
    const text = JSON.stringify(objects);
    for (const given of ['"secretName":"123"', '"claimName":"789"', '"tier":"1"', '"since":"2026"', '"name":"654"'])
      expect(text).toContain(given);
  });

  const inMaps = keys.filter(({ schema, status }) => status === 'supported' && schema === stringMap);

  it('numbers and switches in each map of texts become text', () => {
    expect(inMaps.length).toBeGreaterThan(40);
    const trees = inMaps.map(({ key }) => nested(key, { sample1: 1, sample2: true, sample3: 1000000 }));
    const objects = render(merge([full, ...trees]));
    const wanted = (path: string) => /\/sample[123]$/u.test(path) && !path.includes('/data/');
    expect(objects.flatMap((object) => notText(object, wanted, object.kind))).toEqual([]);
    expect(podTemplate(objects, 'operator').metadata.annotations).toMatchObject({
      sample1: '1',
      sample2: 'true',
      sample3: '1000000',
    });
  });

  it('memory may be a number of bytes, for every component', () => {
    const resources = { limits: { memory: 2147483648, 'ephemeral-storage': 21474836480 } };
    const names = new Set(keys.filter(({ key }) => /^[A-Za-z]+\.resources$/u.test(key)).map(({ key }) => key));
    const objects = render(merge([full, ...[...names].map((key) => nested(key, resources))]));
    const limits = workloads(objects).map(({ pod }) => (pod.spec.containers[0].resources as { limits: object }).limits);
    expect(limits.filter((limit) => 'memory' in limit && limit.memory === '2147483648').length).toBeGreaterThan(10);
    expect(JSON.stringify(limits)).not.toContain('e+');
    expect(envOf(objects, 'operator')['NODE_OPTIONS']).toBe('--max-old-space-size=1536');
    expect(envOf(objects, 'kubevuln-worker')['KSO_KUBEVULN_WORKER_ENGINE_MEMORY']).toBe('1792Mi');
    expect(podTemplate(objects, 'kubevuln-worker').spec.volumes).toContainEqual({
      name: 'scratch',
      emptyDir: { sizeLimit: '21474836480' },
    });
    const claim = render({ kubevuln: { persistence: { enabled: true, size: 5368709120 } } });
    expect(named(claim, 'PersistentVolumeClaim', 'kubescape-kubevuln')['spec']).toMatchObject({
      resources: { requests: { storage: '5368709120' } },
    });
  });
});

describe.skipIf(missingPrograms('helm') !== undefined)('volumes', () => {
  const strategies = (values: object) =>
    byKind(render(values), 'Deployment')
      .filter((object) => JSON.stringify(object).includes('persistentVolumeClaim'))
      .map((object) => [object.metadata.name, (object['spec'] as { strategy: { type: string } }).strategy.type]);

  it('a pod with a claim, its own or an existing one, ends before the next begins', () => {
    const components = ['operator', 'kubescape', 'kubevuln', 'kollector', 'cloudEndpoint'];
    for (const persistence of [{ enabled: true }, { enabled: false, existingClaim: 'mine' }]) {
      const found = strategies(Object.fromEntries(components.map((key) => [key, { persistence }])));
      expect(found).toHaveLength(components.length);
      expect(found.filter(([, type]) => type !== 'Recreate')).toEqual([]);
    }
    expect(strategies({ profile: 'compact', suite: { persistence: { existingClaim: 'mine' } } })).toEqual([
      ['suite', 'Recreate'],
    ]);
  });

  it('the operator without one is exchanged without a gap', () => {
    for (const values of [
      {},
      { configurations: { persistence: 'disable' }, operator: { persistence: { enabled: true } } },
    ])
      expect(named(render(values), 'Deployment', 'operator')['spec']).toMatchObject({
        strategy: { type: 'RollingUpdate' },
      });
  });

  it('what cannot be changed of Redis does not follow the annotations of claims', () => {
    const spec = (values: object) => named(render(values), 'StatefulSet', 'redis')['spec'];
    expect(spec({ persistence: { annotations: { backup: 'daily' } } })).toEqual(spec({}));
  });
});
