import type { Control, SubjectRule } from '../../control.ts';
import type { SubjectVector } from '../../objects/rbac.ts';
import { listSecrets } from './c-0015-read-secrets.ts';
import { administrativeRoles } from './c-0035-administrative-roles.ts';
import { coreGroup, noSubjectMay } from './permission.ts';

const rbacGroup = ['rbac.authorization.k8s.io', '*'];
const certificatesGroup = ['certificates.k8s.io', '*'];
const admissionGroup = ['admissionregistration.k8s.io', '*'];

const impersonate = noSubjectMay(
  'rule-can-impersonate-users-groups-v1',
  'can act as other users, groups or service accounts',
  {
    verbs: ['impersonate', '*'],
    apiGroups: ['', 'authentication.k8s.io', '*'],
    resources: ['users', 'serviceaccounts', 'groups', 'uids', '*'],
  },
);

const deletable = [
  'secrets',
  'pods',
  'services',
  'deployments',
  'replicasets',
  'daemonsets',
  'statefulsets',
  'jobs',
  'cronjobs',
  '*',
];

/** What no subject should be allowed to do without need: one permission for each control. */
export const permissionControls: readonly Control[] = [
  control(
    'C-0007',
    noSubjectMay('rule-excessive-delete-rights-v1', 'can delete workloads, Services or Secrets', {
      verbs: ['delete', 'deletecollection', '*'],
      apiGroups: ['', 'apps', 'batch', '*'],
      resources: deletable,
    }),
  ),
  control(
    'C-0031',
    noSubjectMay('rule-can-delete-k8s-events-v1', 'can delete events', {
      verbs: ['delete', 'deletecollection', '*'],
      apiGroups: ['', 'events.k8s.io', '*'],
      resources: ['events', '*'],
    }),
  ),
  control(
    'C-0037',
    noSubjectMay(
      'rule-can-update-configmap-v1',
      'can change the ConfigMap of CoreDNS',
      {
        verbs: ['update', 'patch', '*'],
        apiGroups: coreGroup,
        resources: ['configmaps', '*'],
        resourceName: 'coredns',
      },
      reachesSystemNamespace,
    ),
  ),
  control(
    'C-0063',
    noSubjectMay('rule-can-portforward-v1', 'can forward ports of pods', {
      verbs: ['create', '*'],
      apiGroups: coreGroup,
      resources: ['pods/portforward', 'pods/*', '*/portforward', '*'],
    }),
  ),
  control('C-0065', impersonate),
  { id: 'C-0186', rules: listSecrets.rules },
  { id: 'C-0187', rules: administrativeRoles.rules },
  control(
    'C-0188',
    noSubjectMay('rule-can-create-pod', 'can create pods', {
      verbs: ['create', '*'],
      apiGroups: coreGroup,
      resources: ['pods', '*'],
    }),
  ),
  control(
    'C-0191',
    noSubjectMay('rule-can-bind-escalate', 'can bind or escalate roles', {
      verbs: ['bind', 'escalate', '*'],
      apiGroups: rbacGroup,
      resources: ['roles', 'clusterroles', '*'],
    }),
    impersonate,
  ),
  control(
    'C-0278',
    noSubjectMay('rule-can-create-pv', 'can create PersistentVolumes', {
      verbs: ['create', '*'],
      apiGroups: coreGroup,
      resources: ['persistentvolumes', '*'],
    }),
  ),
  control(
    'C-0279',
    noSubjectMay('rule-can-access-proxy-subresource', 'can use kubelets through the API server', {
      verbs: ['get', 'create', 'connect', '*'],
      apiGroups: coreGroup,
      resources: ['nodes/proxy', 'nodes/*', '*/proxy', '*'],
    }),
  ),
  control(
    'C-0280',
    noSubjectMay('rule-can-approve-cert-signing-request', 'can approve certificate requests', {
      verbs: ['update', 'patch', '*'],
      apiGroups: certificatesGroup,
      resources: ['certificatesigningrequests/approval', 'certificatesigningrequests/*', '*/approval', '*'],
    }),
  ),
  control(
    'C-0281',
    noSubjectMay('rule-can-modify-admission-webhooks', 'can change admission webhooks', {
      verbs: ['create', 'update', 'patch', 'delete', 'deletecollection', '*'],
      apiGroups: admissionGroup,
      resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations', '*'],
    }),
  ),
  control(
    'C-0282',
    noSubjectMay('rule-can-create-service-account-token', 'can make tokens of service accounts', {
      verbs: ['create', '*'],
      apiGroups: coreGroup,
      resources: ['serviceaccounts/token', 'serviceaccounts/*', '*/token', '*'],
    }),
  ),
];

function control(id: string, ...rules: readonly SubjectRule[]): Control {
  return { id, rules };
}

/** A RoleBinding gives rights in its own namespace only, and CoreDNS is in `kube-system`. */
function reachesSystemNamespace({ binding }: SubjectVector): boolean {
  return binding.kind === 'ClusterRoleBinding' || binding.metadata.namespace === 'kube-system';
}
