import type { UnknownRecord } from '@kso/domain';
import type { Control } from '../../control.ts';
import { booleanAt, listAt, recordAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { mustBeSet, mustList } from '../control-plane/expectation.ts';
import { flagRule } from '../control-plane/flag-control.ts';
import { untilRelease } from '../control-plane/until-release.ts';
import { compareVersions, parseVersion } from '../known-vulnerabilities/version.ts';
import { aksEncryption } from './aks.ts';
import { type CloudAnswer, cloudRule, fieldAt, isTold, mustBeOn } from './cloud-rule.ts';
import { eksAuditLogs, eksEncryption } from './eks.ts';

const everyCloud = [kinds.eksCluster, kinds.gkeCluster, kinds.aksCluster];

/** They were taken out of Kubernetes in this release: nothing can be enforced by them any more. */
const removedIn = [1, 25];

/** Questions that a managed cluster answers by the description of its provider, and one of one's own by the flags of its API server. */
export const managedClusterControls: readonly Control[] = [
  {
    id: 'C-0066',
    rules: [
      cloudRule({
        name: 'secret-etcd-encryption-cloud',
        kinds: everyCloud,
        judge: (data, { apiVersion }) => {
          if (apiVersion.startsWith(kinds.eksCluster.group)) return eksEncryption(data);
          return apiVersion.startsWith(kinds.aksCluster.group) ? aksEncryption(data) : gkeEncryption(data);
        },
      }),
      flagRule('kube-apiserver', {
        rule: 'etcd-encryption-native',
        expectation: mustBeSet('encryption-provider-config'),
        problem: 'stores Secrets as they are',
      }),
    ],
  },
  {
    id: 'C-0067',
    rules: [
      cloudRule({
        name: 'k8s-audit-logs-enabled-cloud',
        kinds: [kinds.eksCluster, kinds.gkeCluster],
        judge: (data, { apiVersion }) =>
          apiVersion.startsWith(kinds.eksCluster.group) ? eksAuditLogs(data) : gkeLogs(data),
      }),
      flagRule('kube-apiserver', {
        rule: 'k8s-audit-logs-enabled-native',
        expectation: mustBeSet('audit-policy-file'),
        problem: 'keeps no audit log',
      }),
    ],
  },
  {
    id: 'C-0068',
    rules: [
      cloudRule({ name: 'psp-enabled-cloud', kinds: [kinds.gkeCluster], judge: gkePodSecurityPolicies }),
      untilRelease(
        flagRule('kube-apiserver', {
          rule: 'psp-enabled-native',
          expectation: mustList('enable-admission-plugins', ['PodSecurityPolicy']),
          problem: 'does not enforce PodSecurityPolicies',
        }),
        { release: removedIn, why: 'Kubernetes has no PodSecurityPolicies since 1.25' },
      ),
    ],
  },
  {
    id: 'C-0088',
    rules: [
      cloudRule({
        name: 'rbac-enabled-cloud',
        kinds: everyCloud,
        // EKS and GKE cannot do without.
        judge: (data, { apiVersion }) =>
          apiVersion.startsWith(kinds.aksCluster.group)
            ? mustBeOn('properties.enableRBAC', 'does not ask RBAC what a request may do')(data)
            : undefined,
      }),
      flagRule('kube-apiserver', {
        rule: 'rbac-enabled-native',
        expectation: mustList('authorization-mode', ['RBAC'], { unless: 'authorization-config' }),
        problem: 'does not ask RBAC what a request may do',
      }),
    ],
  },
];

function gkeEncryption(data: UnknownRecord): CloudAnswer {
  const { parent, field } = fieldAt(data, 'database_encryption.state');
  const state = Object.hasOwn(parent, field) ? parent[field] : undefined;
  if (Object.keys(data).length === 0) return 'unknown';
  // The number or the name of the provider's enumeration.
  if (state === 1 || state === 'ENCRYPTED') return undefined;
  return {
    problem: 'does not encrypt Secrets with a key of your own',
    path: 'database_encryption.state',
    ...(state === undefined ? {} : { found: `state: ${JSON.stringify(state)}` }),
    wanted: 'state: ENCRYPTED',
  };
}

function gkeLogs(data: UnknownRecord): CloudAnswer {
  if (Object.keys(data).length === 0) return 'unknown';
  const { parent, field } = fieldAt(data, 'logging_config.component_config.enable_components');
  if (listAt(parent, field).length > 0) return undefined;
  return {
    problem: 'keeps no logs',
    path: 'logging_config.component_config.enable_components',
    wanted: 'SYSTEM_COMPONENTS, APISERVER and what else runs there',
  };
}

function gkePodSecurityPolicies(data: UnknownRecord): CloudAnswer {
  const version = parseVersion(stringAt(data, 'current_master_version') ?? '');
  if (version !== undefined && compareVersions(version, removedIn) >= 0) return undefined;
  if (!isTold(data, 'pod_security_policy_config') && version === undefined) return 'unknown';
  if (booleanAt(recordAt(data, 'pod_security_policy_config'), 'enabled') === true) return undefined;
  return {
    problem: 'does not enforce PodSecurityPolicies',
    path: 'pod_security_policy_config.enabled',
    found: 'enabled: false',
    wanted: 'enabled: true, or a release with Pod Security Admission',
  };
}
