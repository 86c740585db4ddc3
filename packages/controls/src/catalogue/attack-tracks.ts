import type { AttackTrack } from '@kso/domain';

/** The attack tracks of the existing product, each step with the controls whose failure lets an attacker take it (scanner.md 18). */
export const attackTracks: readonly AttackTrack[] = [
  {
    name: 'workload-external-track',
    root: step(
      'Initial Access',
      ['C-0256', 'C-0266'],
      [
        {
          ...step(
            'Execution (Vulnerable Image)',
            [],
            [
              step('Data Collection', ['C-0257', 'C-0258']),
              step('Secret Access', ['C-0255']),
              step('Credential access', ['C-0259', 'C-0261']),
              step('Privilege Escalation (Node)', ['C-0045', 'C-0046', 'C-0048', 'C-0211']),
              step('Persistence', ['C-0017']),
              step('Lateral Movement (Network)', ['C-0041', 'C-0260']),
            ],
          ),
          checksVulnerabilities: true,
        },
      ],
    ),
  },
  {
    name: 'service-destruction',
    root: step('Initial Access', ['C-0256', 'C-0266'], [step('Denial of service', ['C-0270', 'C-0271'])]),
  },
  {
    name: 'external-workload-with-cluster-takeover-roles',
    root: step('Initial Access', ['C-0256', 'C-0266'], [step('Cluster Access', ['C-0267'])]),
  },
  {
    name: 'external-database-without-authentication',
    root: step('Initial Access', ['C-0256'], [step('Unauthenticated Access', [])]),
  },
  {
    name: 'workload-unauthenticated-service',
    root: step('Initial Access', ['C-0256', 'C-0266'], [step('Execution', ['C-0274'])]),
  },
];

function step(
  name: string,
  controlIds: readonly string[],
  next: AttackTrack['root']['next'] = [],
): AttackTrack['root'] {
  return { name, next, controls: controlIds.map((id) => ({ id, tags: ['security'] })) };
}
