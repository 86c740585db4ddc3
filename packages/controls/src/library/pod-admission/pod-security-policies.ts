import type { UnknownRecord } from '@kso/domain';
import type { Control } from '../../control.ts';
import { listAt, numberAt, recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { objectRule } from '../../rules.ts';

/** Of the policies of a cluster at least one forbids each of these; before Kubernetes 1.25 that kept pods from doing it. */
export const podSecurityPolicyControls: readonly Control[] = [
  oneForbids(
    'C-0213',
    'psp-deny-privileged-container',
    'privileged containers',
    'privileged',
    (spec) => spec['privileged'] !== true,
  ),
  oneForbids('C-0214', 'psp-deny-hostpid', 'the process ids of nodes', 'hostPID', (spec) => spec['hostPID'] !== true),
  oneForbids('C-0215', 'psp-deny-hostipc', 'the IPC namespace of nodes', 'hostIPC', (spec) => spec['hostIPC'] !== true),
  oneForbids(
    'C-0216',
    'psp-deny-hostnetwork',
    'the network of nodes',
    'hostNetwork',
    (spec) => spec['hostNetwork'] !== true,
  ),
  oneForbids(
    'C-0217',
    'psp-deny-allowprivilegeescalation',
    'privilege escalation',
    'allowPrivilegeEscalation',
    // Allowed unless it says otherwise.
    (spec) => spec['allowPrivilegeEscalation'] === false,
  ),
  oneForbids('C-0218', 'psp-deny-root-container', 'containers that run as root', 'runAsUser', forbidsRoot),
  oneForbids(
    'C-0219',
    'psp-deny-allowed-capabilities',
    'added capabilities',
    'allowedCapabilities',
    (spec) => listAt(spec, 'allowedCapabilities').length === 0,
  ),
  oneForbids(
    'C-0220',
    'psp-required-drop-capabilities',
    'containers that keep their capabilities',
    'requiredDropCapabilities',
    (spec) => listAt(spec, 'requiredDropCapabilities').length > 0,
  ),
];

function oneForbids(
  id: string,
  name: string,
  what: string,
  field: string,
  forbids: (spec: UnknownRecord) => boolean,
): Control {
  return {
    id,
    rules: [
      objectRule({
        name,
        kinds: [kinds.podSecurityPolicy],
        related: [kinds.podSecurityPolicy],
        check: (policy, { related }) => {
          const policies = [policy, ...related.all(kinds.podSecurityPolicy)];
          if (policies.some((other) => forbids(recordAt(other, 'spec')))) return [];
          const path = `spec.${field}`;
          return [
            {
              message: `PodSecurityPolicy "${policy.metadata.name}" allows ${what}, as does every other.`,
              paths: [
                { type: 'failed', path },
                { type: 'review', path },
              ],
              found: `${field}: ${JSON.stringify(recordAt(policy, 'spec')[field]) ?? 'unset'}`,
              wanted: 'a policy that forbids it',
            },
          ];
        },
      }),
    ],
  };
}

function forbidsRoot(spec: UnknownRecord): boolean {
  const rule = recordAt(spec, 'runAsUser');
  const kind = stringAt(rule, 'rule');
  if (kind === 'MustRunAsNonRoot') return true;
  const ranges = recordsAt(rule, 'ranges');
  return kind === 'MustRunAs' && ranges.length > 0 && ranges.every(({ value }) => (numberAt(value, 'min') ?? 0) > 0);
}
