import { describe, expect, it } from 'vitest';
import { subjectFindings } from '../../testing/judge.ts';
import { clusterRole, clusterRoleBinding, group, role, roleBinding, user } from '../../testing/rbac-objects.ts';
import { permissionControls } from './permissions.ts';

type Right = readonly [verb: string, resource: string, apiGroup?: string];

/** A right that each control is about, and one beside it. */
const cases: Readonly<Record<string, { readonly fails: readonly Right[]; readonly passes: readonly Right[] }>> = {
  'C-0007': {
    fails: [
      ['delete', 'pods'],
      ['deletecollection', 'deployments', 'apps'],
      ['*', '*', '*'],
    ],
    passes: [
      ['get', 'pods'],
      ['delete', 'configmaps'],
      ['delete', 'pods', 'example.com'],
    ],
  },
  'C-0031': {
    fails: [
      ['delete', 'events'],
      ['delete', 'events', 'events.k8s.io'],
    ],
    passes: [['create', 'events']],
  },
  'C-0037': {
    fails: [
      ['update', 'configmaps'],
      ['patch', 'configmaps'],
    ],
    passes: [['get', 'configmaps']],
  },
  'C-0063': {
    fails: [
      ['create', 'pods/portforward'],
      ['create', 'pods/*'],
    ],
    passes: [
      ['create', 'pods'],
      ['create', 'pods/log'],
    ],
  },
  'C-0065': {
    fails: [
      ['impersonate', 'users'],
      ['impersonate', 'uids', 'authentication.k8s.io'],
    ],
    passes: [['get', 'users']],
  },
  'C-0186': { fails: [['list', 'secrets']], passes: [['create', 'secrets']] },
  'C-0187': { fails: [['*', '*', '*']], passes: [['*', 'pods']] },
  'C-0188': {
    fails: [
      ['create', 'pods'],
      ['*', '*'],
    ],
    passes: [
      ['create', 'deployments', 'apps'],
      ['get', 'pods'],
    ],
  },
  'C-0191': {
    fails: [
      ['bind', 'clusterroles', 'rbac.authorization.k8s.io'],
      ['impersonate', 'groups'],
    ],
    passes: [['get', 'roles', 'rbac.authorization.k8s.io']],
  },
  'C-0278': { fails: [['create', 'persistentvolumes']], passes: [['create', 'persistentvolumeclaims']] },
  'C-0279': {
    fails: [['get', 'nodes/proxy']],
    passes: [
      ['get', 'nodes'],
      ['create', 'pods/proxy'],
    ],
  },
  'C-0280': {
    fails: [['update', 'certificatesigningrequests/approval', 'certificates.k8s.io']],
    passes: [['create', 'certificatesigningrequests', 'certificates.k8s.io']],
  },
  'C-0281': {
    fails: [['create', 'validatingwebhookconfigurations', 'admissionregistration.k8s.io']],
    passes: [['get', 'mutatingwebhookconfigurations', 'admissionregistration.k8s.io']],
  },
  'C-0282': { fails: [['create', 'serviceaccounts/token']], passes: [['create', 'serviceaccounts']] },
};

const lines = Object.entries(cases).flatMap(([id, { fails, passes }]) => [
  ...fails.map((right) => ({ id, right, fails: true })),
  ...passes.map((right) => ({ id, right, fails: false })),
]);

describe('controls about what subjects may do', () => {
  const byId = (id: string) => permissionControls.find((control) => control.id === id) ?? { id, rules: [] };

  it('have cases each', () => {
    expect(Object.keys(cases)).toEqual(permissionControls.map(({ id }) => id));
  });

  it.each(lines)('$id with $right fails: $fails', ({ id, right: [verb, resource, apiGroup = ''], fails }) => {
    const objects = [
      clusterRole('r', {
        verbs: ['watch', verb].slice(id === 'C-0186' ? 1 : 0),
        resources: [resource],
        apiGroups: [apiGroup],
      }),
      clusterRoleBinding('r', group('devs')),
    ];
    expect((subjectFindings(byId(id), objects)['Group/devs'] ?? []).length > 0).toBe(fails);
  });

  it('C-0037 passes rights on ConfigMaps of other names and other namespaces', () => {
    const rules = { verbs: ['update'], resources: ['configmaps'] };
    const named = (resourceNames: string[]) => [
      { ...clusterRole('r'), rules: [{ ...rules, apiGroups: [''], resourceNames }] },
      clusterRoleBinding('r', user('ann')),
    ];
    const within = (namespace: string) => [role('r', namespace, rules), roleBinding('r', namespace, [user('ann')])];
    const failures = (objects: Parameters<typeof subjectFindings>[1]) =>
      subjectFindings(byId('C-0037'), objects)['User/ann']?.length;
    expect(failures(named(['coredns', 'x']))).toBe(1);
    expect(failures(named(['x']))).toBe(0);
    expect(failures(within('kube-system'))).toBe(1);
    expect(failures(within('shop'))).toBe(0);
  });
});
