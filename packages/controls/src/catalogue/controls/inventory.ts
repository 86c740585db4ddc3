import type { ControlInfo } from '../control-info.ts';
import { clusterOnly } from '../scopes.ts';

/** Controls that list what exists, for people to look through. */
export const inventoryControls: readonly ControlInfo[] = [
  {
    id: 'C-0026',
    name: 'Kubernetes CronJob',
    baseScore: 1,
    category: { name: 'Workload' },
    scopes: clusterOnly,
    description: 'A CronJob exists; an attacker can use one to stay in a cluster, so each should be known.',
    remediation: 'Look through the CronJobs and remove those that nobody knows.',
  },
  {
    id: 'C-0036',
    name: 'Validate admission controller (validating)',
    baseScore: 3,
    category: { name: 'Access control' },
    scopes: clusterOnly,
    description:
      'A validating webhook exists; whoever runs it sees what is sent to the API server, so each should be known.',
    remediation: 'Look through the validating webhooks and remove those that nobody knows.',
  },
  {
    id: 'C-0039',
    name: 'Validate admission controller (mutating)',
    baseScore: 4,
    category: { name: 'Access control' },
    scopes: clusterOnly,
    description:
      'A mutating webhook exists; whoever runs it can change what is sent to the API server, so each should be known.',
    remediation: 'Look through the mutating webhooks and remove those that nobody knows.',
  },
  {
    id: 'C-0209',
    name: 'Create administrative boundaries between resources using namespaces',
    baseScore: 5,
    category: { name: 'Workload' },
    scopes: clusterOnly,
    description: 'A namespace exists; people have to judge whether namespaces set teams and applications apart.',
    remediation: 'Look through the namespaces and give teams and applications their own.',
  },
];
