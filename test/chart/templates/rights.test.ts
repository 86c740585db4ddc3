import { readFileSync } from 'node:fs';
import path from 'node:path';
import { kinds } from '@kso/controls';
import { until } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byKind, named, podTemplate, render, workloads } from './rendered.ts';
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

/** Roles with rights on Secrets whose names are chosen later, with `capabilities.registryScan`. */
const registries = ['operator', 'kubevuln'];

describe.skipIf(missingPrograms('helm') !== undefined)('24.9 rights (chart.md 13)', () => {
  it.each(Object.entries(variants))(
    '%s: no wildcard, nothing is written cluster-wide, Secrets are listed by nobody who was not told to',
    (name, given) => {
      const all = rulesOf(render(given.values as object, given));
      const isWild = ({ rule }: (typeof all)[number]) =>
        [...rule.apiGroups, ...rule.resources, ...rule.verbs].includes('*');
      expect(all.filter(isWild)).toEqual([]);
      const writesNothing = ({ rule }: (typeof all)[number]) => rule.resources.join() === 'tokenreviews';
      const verbs = all
        .filter((each) => each.kind === 'ClusterRole' && !writesNothing(each))
        .flatMap(({ rule }) => rule.verbs);
      expect(verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb))).toEqual([]);
      const secrets = all.filter(({ rule }) => rule.resources.includes('secrets') && rule.resourceNames === undefined);
      const lists = secrets.filter(({ rule }) => rule.verbs.includes('list'));
      expect(lists.map(({ role }) => role)).toEqual(name === 'full' ? ['kubescape-kubescape-kubescape'] : []);
      const others = secrets.filter((each) => !lists.includes(each) && !registries.includes(each.role));
      const texts = others.map(({ role, rule }) => `${role}: ${rule.verbs.join()}`);
      expect(texts.filter((text) => !/-(kubevuln|suite): get$/.test(text))).toEqual([]);
    },
  );

  it('the scanner may read the kinds of the control library, control inputs and no others; Secrets only if asked', () => {
    // PodSecurityPolicy is gone since 1.25. Of these groups nothing is served: facts that are made up into objects, and data of hosts, which
    // comes with the node agent.
    const facts = [
      'apiserverinfo.kubescape.cloud',
      'hostdata.kubescape.cloud',
      'eks.amazonaws.com',
      'container.googleapis.com',
      'management.azure.com',
      'image.vulnscan.com',
      'armo.vuln.images',
    ];
    const library = Object.values(kinds)
      .filter(({ group, kind }) => !facts.includes(group) && kind !== 'PodSecurityPolicy')
      .map(resourceOf)
      .concat('kubescape.io/controlinputs');
    const granted = (values: object) =>
      rulesOf(render(values))
        .filter(({ role }) => role.endsWith('-kubescape'))
        .flatMap(({ rule }) => rule.apiGroups.flatMap((group) => rule.resources.map((name) => `${group}/${name}`)));
    expect(granted({ global: { enableClusterWideSecretAccess: true } }).toSorted()).toEqual(library.toSorted());
    expect(granted({}).toSorted()).toEqual(library.filter((each) => each !== '/secrets').toSorted());
  });

  it('compact: the one account may do what scanner, operator, kollector and kubevuln may', () => {
    const flat = (name: string, values: object) =>
      rulesOf(render(values))
        .filter(({ role }) => role.endsWith(name))
        .flatMap(({ rule }) =>
          rule.apiGroups.flatMap((group) => rule.resources.map((resource) => `${group}/${resource}`)),
        );
    const suite = flat('-suite', { profile: 'compact' });
    for (const name of ['-kubescape', '-operator', '-kollector', '-kubevuln'])
      expect(suite).toEqual(expect.arrayContaining(flat(name, { operator: { auth: { enabled: false } } })));
    expect(suite.toSorted()).toEqual([...flat('-kubescape', {}), '/secrets'].toSorted());
  });

  it('only pods that call the API have a token, and each has an account of its own', () => {
    const pods = workloads(render());
    const withToken = pods.filter(
      ({ pod }) => (pod.spec as { automountServiceAccountToken?: boolean }).automountServiceAccountToken,
    );
    expect(withToken.map(({ component }) => component).toSorted()).toEqual([
      'gateway',
      'kollector',
      'kubescape',
      'kubevuln',
      'make-secrets',
      'operator',
    ]);
    const asksNobody = workloads(render({ imageScanning: { pullSecrets: { enabled: false } } }));
    const kubevuln = asksNobody.find(({ component }) => component === 'kubevuln');
    expect(kubevuln?.pod.spec).toMatchObject({ automountServiceAccountToken: false });
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

const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/reference/chart-rights.md'), 'utf8');

/** One right: `account where verb group/resource name`. */
type Right = string;
const rightOf = (account: string, where: string, verb: string, resource: string, name = ''): Right =>
  [account, where, verb, resource.includes('/') ? resource : `/${resource}`, name].join(' ').trim();

const items = (cell = '') =>
  cell
    .replaceAll('`', '')
    .split(', ')
    .filter((text) => text !== '');
const granted = page
  .split('\n')
  .filter((line) => /^\| [a-z]/.test(line) && !line.startsWith('| account'))
  .map((line) => {
    const [account = '', where = '', verbs, resources, names, when = ''] = line.slice(2).split(' | ');
    const all = items(names).length === 0 ? [''] : items(names);
    const rights = items(verbs).flatMap((verb) =>
      items(resources).flatMap((resource) => all.map((name) => rightOf(account, where, verb, resource, name))),
    );
    return { when: when.replaceAll('`', ''), rights };
  });
/** What the page grants where these values are set; of the two profiles the default one unless another is named. */
const onPage = (...when: readonly string[]): Right[] =>
  granted
    .filter((row) => when.includes(row.when))
    .flatMap(({ rights }) => rights)
    .toSorted();

/** What a release has whose values say nothing. */
const standard = [
  'profile: default',
  'operator.auth.enabled: true',
  'gateway.auth.enabled: true',
  'imageScanning.pullSecrets.enabled: true',
];
const without = (...when: readonly string[]) => standard.filter((each) => !when.includes(each));
const noPullSecrets = { pullSecrets: { enabled: false } };
const privateRegistries = { credentials: [{ registry: 'r.example.com' }] };

/** What the rendered roles grant, through their bindings. */
function rendered(objects: readonly KubeObject[]): Right[] {
  const bindings = [...byKind(objects, 'RoleBinding'), ...byKind(objects, 'ClusterRoleBinding')] as unknown as {
    kind: string;
    roleRef: { kind: string; name: string };
    subjects: { name: string }[];
  }[];
  return bindings
    .filter(({ roleRef }) => !roleRef.name.startsWith('system:'))
    .flatMap(({ kind, roleRef, subjects }) => {
      const rules = named(objects, roleRef.kind, roleRef.name)['rules'] as Rule[];
      const where = kind === 'ClusterRoleBinding' ? 'cluster' : 'namespace';
      return subjects.flatMap(({ name }) => rules.flatMap((rule) => rightsOf(name, where, rule)));
    })
    .toSorted();
}

const rightsOf = (account: string, where: string, { apiGroups, resources, verbs, resourceNames = [''] }: Rule) =>
  apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) => resourceNames.map((name) => rightOf(account, where, verb, `${group}/${resource}`, name))),
    ),
  );

describe.skipIf(missingPrograms('helm') !== undefined)('24.9 the table of docs/reference/chart-rights.md', () => {
  it('is read', () => expect(onPage('profile: default').length).toBeGreaterThan(100));

  it.each([
    ['default', {}, standard],
    ['compact', { profile: 'compact' }, ['profile: compact', 'profile: compact, pullSecrets']],
    [
      'Secrets',
      { global: { enableClusterWideSecretAccess: true } },
      [...standard, 'global.enableClusterWideSecretAccess: true'],
    ],
    [
      'security exceptions',
      { capabilities: { riskAcceptance: 'enable' } },
      [...standard, 'capabilities.riskAcceptance: enable'],
    ],
    [
      'security exceptions, compact',
      { profile: 'compact', capabilities: { riskAcceptance: 'enable' } },
      ['profile: compact', 'profile: compact, pullSecrets', 'profile: compact, riskAcceptance'],
    ],
    [
      'no tokens',
      { operator: { auth: { enabled: false } }, gateway: { auth: { enabled: false } } },
      without('operator.auth.enabled: true', 'gateway.auth.enabled: true'),
    ],
    [
      'no pull secrets',
      { imageScanning: { pullSecrets: { enabled: false } } },
      without('imageScanning.pullSecrets.enabled: true'),
    ],
    ['no pull secrets, compact', { profile: 'compact', imageScanning: noPullSecrets }, ['profile: compact']],
    ['logins', { imageScanning: { privateRegistries } }, [...standard, 'imageScanning.privateRegistries.credentials']],
    [
      'logins, compact',
      { profile: 'compact', imageScanning: { ...noPullSecrets, privateRegistries } },
      ['profile: compact', 'profile: compact, privateRegistries'],
    ],
    [
      'registries by command',
      { capabilities: { registryScan: 'enable' }, imageScanning: { privateRegistries } },
      [...standard, 'capabilities.registryScan: enable'],
    ],
    [
      'registries by command, compact',
      { profile: 'compact', capabilities: { registryScan: 'enable' }, imageScanning: noPullSecrets },
      ['profile: compact'],
    ],
    ['two kollectors', { kollector: { replicaCount: 2 } }, [...standard, 'kollector.replicaCount: 2']],
    ['workers', { kubevulnWorker: { enabled: true } }, [...standard, 'kubevulnWorker.enabled: true']],
    ['inventory', { inventory: { enabled: true } }, [...standard, 'inventory.enabled: true']],
    ['offline database', { grypeOfflineDB: { enabled: true } }, [...standard, 'grypeOfflineDB.enabled: true']],
  ])('%s: is what the chart grants, neither less nor more', (_name, values, when) => {
    expect(rendered(render(values))).toEqual(onPage(...when));
  });

  it.each(Object.keys(variants))('%s: grants nothing that is not in the table', (name) => {
    const given = variants[name] ?? {};
    const all = new Set(granted.flatMap(({ rights }) => rights));
    const mine = rendered(render(given.values as object, given));
    expect(mine.filter((right) => !all.has(right))).toEqual([]);
  });
});

describe.skipIf(missingPrograms(...controlPlanePrograms, 'helm') !== undefined)(
  '24.9 kubectl auth can-i --list at a real API server',
  () => {
    let plane: ControlPlane;
    const kinds = new Set(['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);
    const objects = render();
    const accounts = byKind(objects, 'ServiceAccount').map(({ metadata }) => metadata.name);

    beforeAll(async () => {
      plane = await startControlPlane();
      for (const namespace of ['kubescape', 'shop']) await plane.client.createNamespace(namespace);
      await plane.client.apply(objects.filter(({ kind }) => kinds.has(kind)));
    });
    afterAll(() => plane?.stop());

    /** What an account may do in a namespace, as it is told itself. */
    const list = async (account: string, namespace: string): Promise<Rule[]> => {
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
      const { status } = (await plane.client.http.json('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'impersonate-user': `system:serviceaccount:kubescape:${account}`,
        },
        body: JSON.stringify(review),
      })) as { status: { resourceRules: Rule[]; incomplete: boolean } };
      expect(status.incomplete).toBe(false);
      return status.resourceRules;
    };
    /** Without what everybody may. */
    const own = async (account: string, namespace: string) => {
      const everybody = new Set((await list('nobody', namespace)).flatMap((rule) => rightsOf(account, '', rule)));
      const rights = (await list(account, namespace)).flatMap((rule) => rightsOf(account, '', rule));
      return new Set(rights.filter((right) => !everybody.has(right)));
    };
    const expected = (account: string, isOurs: boolean) =>
      new Set(
        onPage(...standard)
          .filter(
            (right) => right.startsWith(`${account} cluster `) || (isOurs && right.startsWith(`${account} namespace `)),
          )
          .map((right) => right.replace(/ (cluster|namespace) /, '  ')),
      );

    it.each(accounts)(
      '%s: the rights of the table in the namespace of the release, only cluster-wide ones elsewhere',
      async (account) => {
        // The API server learns of new roles by a watch of its own.
        await until('what is granted is known', async () => {
          const now = await Promise.all(accounts.map(async (each) => (await own(each, 'kubescape')).size));
          return now.every((size, index) => size >= expected(accounts[index] ?? '', true).size);
        });
        expect(await own(account, 'kubescape')).toEqual(expected(account, true));
        expect(await own(account, 'shop')).toEqual(expected(account, false));
      },
    );
  },
);
