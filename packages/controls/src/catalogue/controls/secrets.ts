import type { ControlInfo } from '../control-info.ts';
import { clusterOnly, everywhere } from '../scopes.ts';

/** Controls about credentials and how workloads get them. */
export const secretsControls: readonly ControlInfo[] = [
  {
    id: 'C-0012',
    name: 'Applications credentials in configuration files',
    baseScore: 8,
    category: { name: 'Secrets' },
    scopes: everywhere,
    actionRequired: 'configuration',
    description:
      'An environment variable or an entry of a ConfigMap has a name or a value that looks like a credential. Places (paths, *_FILE) and references are not credentials.',
    remediation: 'Keep the credential in a Secret or an external store and refer to it from there.',
  },
  {
    id: 'C-0020',
    name: 'Mount service principal',
    baseScore: 4,
    category: { name: 'Workload' },
    scopes: everywhere,
    description: 'A container mounts files of its node that hold the credentials of a cloud provider.',
    remediation: "Take the volume away and use the provider's workload identity.",
  },
  {
    id: 'C-0207',
    name: 'Prefer using secrets as files over secrets as environment variables',
    baseScore: 4,
    category: { name: 'Workload', sub: 'Secrets' },
    scopes: everywhere,
    description:
      'A container gets a Secret as an environment variable, where child processes, logs and crash reports can see it.',
    remediation: 'Mount the Secret as a file.',
  },
  {
    id: 'C-0234',
    name: 'Consider external secret storage',
    baseScore: 6,
    category: undefined,
    scopes: clusterOnly,
    description: 'A workload does not get its secrets from an external store by a CSI volume.',
    remediation: 'Use the Secrets Store CSI driver with a secretProviderClass.',
  },
  {
    id: 'C-0255',
    name: 'Workload with secret access',
    baseScore: 8,
    category: undefined,
    scopes: everywhere,
    description: 'A container mounts a Secret of its namespace, directly or within a projected volume.',
    remediation: 'Mount only Secrets that the program needs, into those containers only that need them.',
  },
  {
    id: 'C-0258',
    name: 'Workload with ConfigMap access',
    baseScore: 5,
    category: undefined,
    scopes: everywhere,
    description: 'A container mounts a ConfigMap, so that whoever gets into it can read the configuration.',
    remediation: 'Mount only the ConfigMaps, or only the keys, that the container needs.',
  },
  {
    id: 'C-0259',
    name: 'Workload with credential access',
    baseScore: 8,
    category: undefined,
    scopes: everywhere,
    description: 'An environment variable of a container has a name or a value that looks like a credential.',
    remediation: 'Keep the credential in a Secret or an external store and refer to it from there.',
  },
];
