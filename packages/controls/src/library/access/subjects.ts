import type { FindingPath } from '@kso/wire';
import type { Control, SubjectRule } from '../../control.ts';
import { grantedRules, type Permission, type SubjectVector } from '../../objects/rbac.ts';
import { subjectRule } from '../../rules.ts';
import { bindingPaths } from './permission.ts';
import { allowsTakeover } from './takeover.ts';

/** Rights with which whoever has them can take over the workloads or nodes of a cluster. */
const commanding: Permission = {
  verbs: ['create', 'update', 'patch', 'delete', 'deletecollection', '*'],
  apiGroups: ['', 'apps', 'batch', '*'],
  resources: [
    'pods',
    'pods/exec',
    'pods/attach',
    'pods/portforward',
    'deployments',
    'daemonsets',
    'statefulsets',
    'jobs',
    'cronjobs',
    'nodes',
    'nodes/proxy',
    'secrets',
    '*',
  ],
};

/** Every service account with a role is a way in for whoever gets into its pods. */
export const boundServiceAccounts: Control = {
  id: 'C-0053',
  rules: [
    noSuchSubject(
      'access-container-service-account-v1',
      ({ subject }) => subject.kind === 'ServiceAccount',
      'has a role',
    ),
  ],
};

/** `cluster-admin` for the whole cluster. A role of that name that gives less is another one. */
export const clusterAdmin: Control = {
  id: 'C-0185',
  rules: [
    noSuchSubject(
      'cluster-admin-role',
      ({ binding, role, rules }) =>
        binding.kind === 'ClusterRoleBinding' &&
        role.metadata.name === 'cluster-admin' &&
        grantedRules(rules, { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }).length > 0,
      'can do everything in the cluster',
    ),
  ],
};

/** The group of everybody who can log in must not be able to take over the cluster. */
export const everybodyElevated: Control = {
  id: 'C-0265',
  rules: [
    noSuchSubject(
      'system-authenticated-allowed-to-take-over-cluster',
      ({ subject, rules }) =>
        subject.name === 'system:authenticated' &&
        (allowsTakeover(rules) || grantedRules(rules, commanding).length > 0),
      'can take over the cluster',
    ),
  ],
};

function noSuchSubject(name: string, is: (vector: SubjectVector) => boolean, what: string): SubjectRule {
  return subjectRule({
    name,
    check: (vector, { id }) => {
      if (!is(vector)) return [];
      const { subject, binding, role } = vector;
      return [
        {
          message: `${subject.kind} "${subject.name}" ${what}, by ${binding.kind} "${binding.metadata.name}" to ${role.kind} "${role.metadata.name}".`,
          paths: bindingPaths(vector).flatMap((path): FindingPath[] => [
            { type: 'failed', path },
            { type: 'review', path },
          ]),
          found: `${role.kind} ${role.metadata.name}`,
          wanted: 'a role with the rights that are needed, or no binding',
          relatedIds: [id(binding), id(role)],
        },
      ];
    },
  });
}
