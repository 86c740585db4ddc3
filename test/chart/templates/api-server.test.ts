import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PodTemplate, podOf, render } from './rendered.ts';
import { variants } from './variants.ts';

const namespace = 'kubescape';

interface Answer {
  readonly status: number;
  /** The object as the server would have stored it. */
  readonly stored: KubeObject;
  readonly message: string;
  readonly warnings: string;
}

describe.skipIf(missingPrograms(...controlPlanePrograms, 'helm') !== undefined)(
  'every object at a real API server',
  () => {
    let plane: ControlPlane;
    let paths: ReadonlyMap<string, { plural: string; namespaced: boolean }>;

    beforeAll(async () => {
      plane = await startControlPlane();
      const labels = {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      };
      await plane.client.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }]);
      // The admission of a pod asks for its account.
      await plane.client.apply([
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'helm-test', namespace } },
      ]);
      paths = await discover(plane.client.http);
    });
    afterAll(() => plane?.stop());

    /** A server-side dry run: unknown fields are errors, admission runs, nothing is stored. */
    const dryRun = async (object: KubeObject): Promise<Answer> => {
      const kind = paths.get(`${object.apiVersion} ${object.kind}`);
      if (kind === undefined) return { status: 404, message: 'not served', warnings: '', stored: object };
      const root = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
      const place = kind.namespaced ? `/namespaces/${object.metadata.namespace}` : '';
      const query = 'dryRun=All&fieldManager=helm&force=true&fieldValidation=Strict';
      const { status, body, headers } = await plane.client.http.request(
        `${root}${place}/${kind.plural}/${object.metadata.name}?${query}`,
        { method: 'PATCH', headers: { 'content-type': 'application/apply-patch+yaml' }, body: JSON.stringify(object) },
      );
      const stored = JSON.parse(body.toString('utf8')) as KubeObject & { message?: string };
      return { status, message: stored.message ?? '', stored, warnings: String(headers['warning'] ?? '') };
    };

    it.each(Object.entries(variants))('%s: accepted, without an unknown field or a warning', async (_name, given) => {
      const objects = render(given.values as object, given);
      const problems: string[] = [];
      for (const object of objects) {
        // Kinds of the Prometheus operator and of OpenShift are not part of Kubernetes.
        if (/monitoring\.coreos|openshift/.test(object.apiVersion)) continue;
        const { status, message, warnings } = await dryRun(object);
        if (status > 201 || warnings !== '')
          problems.push(`${object.kind} ${object.metadata.name}: ${status} ${message} ${warnings}`);
      }
      expect(problems).toEqual([]);
    });

    it('complaint 1: what the server completes inside of lists of a pod is written out, so no tool sees a difference there', async () => {
      const completed: string[] = [];
      for (const object of render()) {
        const [given, stored] = [podOf(object), podOf((await dryRun(object)).stored)];
        if (given === undefined || object.kind === 'Pod') continue;
        const at = `${object.kind} ${object.metadata.name}`;
        if (stored === undefined) throw new Error(`${at} was refused`);
        const theirs = listsOf(stored);
        for (const [name, list] of Object.entries(listsOf(given)))
          if (JSON.stringify(sorted(list)) !== JSON.stringify(sorted(theirs[name]))) completed.push(`${at}: ${name}`);
      }
      expect(completed).toEqual([]);
    });

    it.each(Object.entries(variants))(
      '24.8 %s: every pod is admitted where Pod Security "restricted" is enforced',
      async (_name, given) => {
        const pods = render(given.values as object, given).flatMap((object) => {
          const pod = podOf(object);
          const spec = pod && {
            ...pod.spec,
            serviceAccountName: 'default',
            volumes: [...(pod.spec.volumes ?? []), ...claimed(object)],
          };
          const metadata = { name: `pod-of-${object.metadata.name}`, namespace };
          return spec === undefined ? [] : [{ apiVersion: 'v1', kind: 'Pod', metadata, spec }];
        });
        expect(pods.length).toBeGreaterThan(0);
        const refused: string[] = [];
        for (const pod of pods) {
          const { status, message } = await dryRun(pod);
          if (status > 201) refused.push(`${pod.metadata.name}: ${message}`);
        }
        expect(refused).toEqual([]);
      },
    );

    it('refuses a pod that is not restricted: the check above can fail', async () => {
      const spec = { containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] };
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bad', namespace }, spec };
      expect(await dryRun(pod as unknown as KubeObject)).toMatchObject({ status: 403 });
    });
  },
);

/** The lists of a pod whose items the API server completes. */
function listsOf({ spec }: PodTemplate): Record<string, unknown> {
  const [{ env, ports, volumeMounts }] = spec.containers;
  return { env, ports, volumeMounts, volumes: spec.volumes };
}

/** With the keys of all objects in order, as JSON has none. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** What a StatefulSet's controller adds to its pods. */
function claimed(object: KubeObject): object[] {
  const { volumeClaimTemplates = [] } = object['spec'] as { volumeClaimTemplates?: { metadata: { name: string } }[] };
  return volumeClaimTemplates.map(({ metadata }) => ({ name: metadata.name, emptyDir: {} }));
}

async function discover(
  http: ControlPlane['client']['http'],
): Promise<ReadonlyMap<string, { plural: string; namespaced: boolean }>> {
  const { groups } = (await http.json('/apis')) as { groups: { versions: { groupVersion: string }[] }[] };
  const versions = ['v1', ...groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion))];
  const found = new Map<string, { plural: string; namespaced: boolean }>();
  for (const version of versions) {
    const { resources } = (await http.json(version === 'v1' ? '/api/v1' : `/apis/${version}`)) as {
      resources: { name: string; kind: string; namespaced: boolean }[];
    };
    for (const { name, kind, namespaced } of resources)
      if (!name.includes('/')) found.set(`${version} ${kind}`, { plural: name, namespaced });
  }
  return found;
}
