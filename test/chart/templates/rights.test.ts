import { kinds } from '@kso/controls';
import { until } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byKind, podTemplate, render, workloads } from './rendered.ts';
import { full, variants } from './variants.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** `group/plural` as the API server names it. */
function resourceOf({ group, kind }: { group: string; kind: string }): string {
  const word = kind.toLowerCase();
  if (word === 'endpoints') return `${group}/${word}`;
  if (/[^aeiou]y$/.test(word)) return `${group}/${word.slice(0, -1)}ies`;
  return `${group}/${word}${/(s|x|ch|sh)$/.test(word) ? 'es' : 's'}`;
}

const rulesOf = (objects: readonly KubeObject[]) =>
  [...byKind(objects, 'Role'), ...byKind(objects, 'ClusterRole')].flatMap((role) =>
    (role['rules'] as Rule[]).map((rule) => ({ role: role.metadata.name, kind: role.kind, rule })),
  );

describe.skipIf(missingPrograms('helm') !== undefined)('rights (chart.md 13)', () => {
  it.each(Object.entries(variants))(
    '%s: no wildcard, nothing is written cluster-wide, Secrets only by name',
    (name, given) => {
      const all = rulesOf(render(given.values as object, given));
      const isWild = ({ rule }: (typeof all)[number]) =>
        [...rule.apiGroups, ...rule.resources, ...rule.verbs].includes('*');
      expect(all.filter(isWild)).toEqual([]);
      const verbs = all.filter(({ kind }) => kind === 'ClusterRole').flatMap(({ rule }) => rule.verbs);
      expect(verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb))).toEqual([]);
      const secrets = all.filter(({ rule }) => rule.resources.includes('secrets') && rule.resourceNames === undefined);
      expect(secrets.map(({ role }) => role)).toEqual(name === 'full' ? ['kubescape-kubescape-kubescape'] : []);
    },
  );

  it('the scanner may read the kinds of the control library and no others; Secrets only if asked', () => {
    // Not served: PodSecurityPolicy is gone since 1.25, and facts about the API server are no objects of it.
    // Data of hosts comes with the node agent, which does not exist yet.
    const notServed = new Set(['policy/podsecuritypolicies', 'apiserverinfo.kubescape.cloud/apiserverinfos']);
    const library = Object.values(kinds)
      .map(resourceOf)
      .filter((each) => !notServed.has(each) && !each.startsWith('hostdata.kubescape.cloud/'));
    const granted = (values: object) =>
      rulesOf(render(values))
        .filter(({ role }) => role.endsWith('-kubescape'))
        .flatMap(({ rule }) => rule.apiGroups.flatMap((group) => rule.resources.map((name) => `${group}/${name}`)));
    expect(granted({ global: { enableClusterWideSecretAccess: true } }).toSorted()).toEqual(library.toSorted());
    expect(granted({}).toSorted()).toEqual(library.filter((each) => each !== '/secrets').toSorted());
  });

  it('compact: the one account may do what scanner, operator and kollector may', () => {
    const flat = (name: string, values: object) =>
      rulesOf(render(values))
        .filter(({ role }) => role.endsWith(name))
        .flatMap(({ rule }) =>
          rule.apiGroups.flatMap((group) => rule.resources.map((resource) => `${group}/${resource}`)),
        );
    const suite = flat('-suite', { profile: 'compact' });
    for (const name of ['-kubescape', '-operator', '-kollector'])
      expect(suite).toEqual(expect.arrayContaining(flat(name, {})));
    expect(suite.toSorted()).toEqual(flat('-kubescape', {}).toSorted());
  });

  it('only pods that call the API have a token, and each has an account of its own', () => {
    const pods = workloads(render());
    const withToken = pods.filter(
      ({ pod }) => (pod.spec as { automountServiceAccountToken?: boolean }).automountServiceAccountToken,
    );
    expect(withToken.map(({ component }) => component).toSorted()).toEqual([
      'kollector',
      'kubescape',
      'make-secrets',
      'operator',
    ]);
    const accounts = pods.map(({ pod }) => pod.spec.serviceAccountName);
    expect(new Set(accounts).size).toBe(accounts.length);
    expect(byKind(render(), 'ServiceAccount').map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining(accounts),
    );
  });

  it('rbac.create=false renders no right at all', () => {
    expect(rulesOf(render({ rbac: { create: false } }))).toEqual([]);
    expect(byKind(render({ rbac: { create: false } }), 'ClusterRoleBinding')).toEqual([]);
  });

  it('identities of the cloud are on the accounts that need one', () => {
    const annotated = (values: object, annotation: string) =>
      byKind(render({ cloudProviderMetadata: values }), 'ServiceAccount')
        .filter(({ metadata }) => metadata.annotations?.[annotation] !== undefined)
        .map(({ metadata }) => metadata.name);
    const accounts = ['kollector', 'kubescape', 'kubevuln', 'operator'];
    expect(annotated({ awsIamRoleArn: 'arn' }, 'eks.amazonaws.com/role-arn')).toEqual(accounts);
    expect(annotated({ gkeServiceAccount: 'g' }, 'iam.gke.io/gcp-service-account')).toEqual(accounts);
    expect(annotated({ azureWorkloadIdentityClientID: 'c' }, 'azure.workload.identity/client-id')).toEqual(accounts);
  });

  it('a client secret of Azure is in a Secret and in no pod', () => {
    const objects = render(full);
    expect(JSON.stringify(workloads(objects))).not.toContain('"value":"s"');
    const { env = [] } = podTemplate(objects, 'kubescape').spec.containers[0];
    expect(env.find(({ name }) => name === 'AZURE_CLIENT_SECRET')?.valueFrom).toEqual({
      secretKeyRef: { name: 'cloud-provider-metadata', key: 'aksClientSecret' },
    });
  });
});

/** Account, verb, resource, namespace (empty: all), name, and whether it is allowed. */
type Question = readonly [string, string, string, string, string, boolean];
const table: readonly Question[] = [
  ['operator', 'list', 'pods', '', '', true],
  ['operator', 'get', 'apps/deployments', 'shop', '', true],
  ['operator', 'list', 'secrets', '', '', false],
  ['operator', 'get', 'secrets', 'kubescape', 'redis-auth', false],
  ['operator', 'list', 'configmaps', '', '', false],
  ['operator', 'create', 'batch/jobs', 'shop', '', false],
  ['operator', 'delete', 'pods', 'shop', '', false],
  ['kubescape', 'watch', 'rbac.authorization.k8s.io/clusterroles', '', '', true],
  ['kubescape', 'list', 'configmaps', '', '', true],
  ['kubescape', 'list', 'secrets', '', '', false],
  ['kubescape', 'update', 'namespaces', '', '', false],
  ['kubescape', 'get', 'nodes/proxy', '', '', false],
  ['kollector', 'watch', 'pods', '', '', true],
  ['kollector', 'list', 'secrets', '', '', false],
  ['kubevuln', 'list', 'pods', '', '', false],
  ['gateway', 'list', 'pods', '', '', false],
  ['make-secrets', 'patch', 'secrets', 'kubescape', 'redis-auth', true],
  ['make-secrets', 'get', 'secrets', 'kubescape', 'another', false],
  ['make-secrets', 'create', 'secrets', 'kubescape', '', false],
  ['make-secrets', 'list', 'secrets', 'kubescape', '', false],
  ['make-secrets', 'get', 'secrets', 'shop', 'redis-auth', false],
];

describe.skipIf(missingPrograms(...controlPlanePrograms, 'helm') !== undefined)(
  'rights as a real API server sees them',
  () => {
    let plane: ControlPlane;

    beforeAll(async () => {
      plane = await startControlPlane();
      await plane.client.createNamespace('kubescape');
      const rights = new Set(['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);
      await plane.client.apply(render().filter(({ kind }) => rights.has(kind)));
    });
    afterAll(() => plane?.stop());

    const isAllowed = async ([account, verb, path, namespace, name]: Question) => {
      const [group, rest] = path.startsWith('nodes/') || !path.includes('/') ? ['', path] : path.split(/\/(.*)/s);
      const [resource, subresource] = (rest ?? '').split('/');
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: `system:serviceaccount:kubescape:${account}`,
          groups: ['system:serviceaccounts', 'system:authenticated'],
          resourceAttributes: { verb, group, resource, subresource, namespace, name },
        },
      };
      const answer = (await plane.client.http.json('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(review),
      })) as { status: { allowed: boolean } };
      return answer.status.allowed;
    };

    it.each(table)('%s may %s %s (namespace "%s", name "%s"): %s', async (...row) => {
      // The API server learns of new roles by a watch of its own.
      await until('what is granted is known', async () => {
        const granted = await Promise.all(table.filter((each) => each[5]).map(isAllowed));
        return granted.every(Boolean);
      });
      expect(await isAllowed(row)).toBe(row[5]);
    });
  },
);
