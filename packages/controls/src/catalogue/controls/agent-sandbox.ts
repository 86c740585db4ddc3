import type { ControlInfo } from '../control-info.ts';
import { everywhere } from '../scopes.ts';

/** Controls about sandboxes of agents. */
export const agentSandboxControls: readonly ControlInfo[] = [
  {
    id: 'C-0297',
    name: 'Agent Sandbox hardened runtime class',
    baseScore: 7,
    category: { name: 'Workload' },
    scopes: everywhere,
    description: 'An agent sandbox does not run in a hardened runtime.',
    remediation: 'Set runtimeClassName to a class of the control input hardenedSandboxRuntimeClasses.',
  },
  {
    id: 'C-0301',
    name: 'Agent Sandbox egress policy enforcement',
    baseScore: 7,
    category: { name: 'Workload' },
    scopes: everywhere,
    description: 'The network policy of an agent sandbox does not limit where it can connect to.',
    remediation: 'Let the policy be managed, and name the peers of every egress rule.',
  },
  {
    id: 'C-0303',
    name: 'Agent Sandbox resource ceilings',
    baseScore: 7,
    category: { name: 'Workload' },
    scopes: everywhere,
    description: 'A container of an agent sandbox has no CPU or memory limit, or one above the configured ceiling.',
    remediation: 'Set resources.limits within the ceiling.',
  },
  {
    id: 'C-0304',
    name: 'Agent Sandbox image provenance',
    baseScore: 7,
    category: { name: 'Workload', sub: 'Supply chain' },
    scopes: everywhere,
    description: 'An image of an agent sandbox comes from a registry that is not allowed, or has a tag that moves.',
    remediation: 'Use an image of an allowed registry, by version or digest.',
  },
];
