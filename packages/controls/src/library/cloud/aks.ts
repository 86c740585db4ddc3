import type { UnknownRecord } from '@kso/domain';
import type { Control } from '../../control.ts';
import { booleanAt, recordAt, recordsAt, stringAt, stringsAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { type CloudAnswer, cloudRule, isTold, mustBeOn } from './cloud-rule.ts';

const aks = [kinds.aksCluster];

/** Settings of AKS clusters, as Azure describes them below `properties`. */
export const aksControls: readonly Control[] = [
  { id: 'C-0240', rules: [cloudRule({ name: 'rule-cni-enabled-aks', kinds: aks, judge: networkPolicies })] },
  {
    id: 'C-0241',
    rules: [
      cloudRule({
        name: 'ensure-azure-rbac-is-set',
        kinds: aks,
        judge: mustBeOn('properties.aadProfile.enableAzureRBAC', 'does not decide by Azure RBAC'),
      }),
    ],
  },
  {
    id: 'C-0243',
    rules: [
      cloudRule({
        name: 'ensure-image-vulnerability-scanning-using-azure-defender-image-scanning-or-a-third-party-provider',
        kinds: aks,
        judge: mustBeOn('properties.securityProfile.defender.securityMonitoring.enabled', 'is not watched by Defender'),
      }),
    ],
  },
  { id: 'C-0244', rules: [cloudRule({ name: 'secret-etcd-encryption-cloud', kinds: aks, judge: aksEncryption })] },
  {
    id: 'C-0247',
    rules: [cloudRule({ name: 'restrict-access-to-the-control-plane-endpoint', kinds: aks, judge: endpointAccess })],
  },
  {
    id: 'C-0248',
    rules: [
      cloudRule({
        name: 'ensure-clusters-are-created-with-private-nodes',
        kinds: aks,
        judge: mustBeOn('properties.apiServerAccessProfile.enablePrivateCluster', 'is not private'),
      }),
    ],
  },
  {
    id: 'C-0252',
    rules: [
      cloudRule({
        name: 'ensure-clusters-are-created-with-private-endpoint-enabled-and-public-access-disabled',
        kinds: aks,
        judge: privateEndpoint,
      }),
    ],
  },
];

const enforcing = new Set(['azure+azure', 'azure+calico', 'azure+cilium', 'kubenet+calico']);

function networkPolicies(data: UnknownRecord): CloudAnswer {
  const profile = recordAt(recordAt(data, 'properties'), 'networkProfile');
  const plugin = stringAt(profile, 'networkPlugin');
  // With a plugin of one's own, Azure does not know what it enforces.
  if (plugin === undefined || plugin === 'none') return 'unknown';
  const policy = stringAt(profile, 'networkPolicy') ?? 'none';
  if (enforcing.has(`${plugin}+${policy}`)) return undefined;
  return {
    problem: 'does not enforce network policies',
    path: 'properties.networkProfile.networkPolicy',
    found: `networkPlugin: ${plugin}, networkPolicy: ${policy}`,
    wanted: 'networkPolicy: azure, calico or cilium',
  };
}

/** One of the three ways of encrypting is enough. */
export function aksEncryption(data: UnknownRecord): CloudAnswer {
  const properties = recordAt(data, 'properties');
  if (Object.keys(properties).length === 0) return 'unknown';
  const security = recordAt(properties, 'securityProfile');
  const pools = recordsAt(properties, 'agentPoolProfiles');
  const onHosts = pools.length > 0 && pools.every(({ value }) => booleanAt(value, 'enableEncryptionAtHost') === true);
  const byVault = booleanAt(recordAt(security, 'azureKeyVaultKms'), 'enabled') === true;
  const ofObjects = stringAt(
    recordAt(security, 'kubernetesResourceObjectEncryptionProfile'),
    'infrastructureEncryption',
  );
  if (onHosts || byVault || ofObjects === 'Enabled') return undefined;
  return {
    problem: 'does not encrypt Secrets',
    path: 'properties.securityProfile',
    found: 'neither Key Vault nor encryption of hosts or objects',
    wanted: 'azureKeyVaultKms.enabled: true',
  };
}

/** The API server of a private cluster is not there for the public, with or without a list. */
function endpointAccess(data: UnknownRecord): CloudAnswer {
  if (!isTold(data, 'properties')) return 'unknown';
  const profile = recordAt(recordAt(data, 'properties'), 'apiServerAccessProfile');
  const ranges = stringsAt(profile, 'authorizedIPRanges');
  if (booleanAt(profile, 'enablePrivateCluster') === true) return undefined;
  if (ranges.length > 0 && !ranges.some((range) => range.endsWith('/0'))) return undefined;
  return {
    problem: 'has an API server that anybody can reach',
    path: 'properties.apiServerAccessProfile.authorizedIPRanges',
    found: ranges.length === 0 ? 'no authorizedIPRanges' : ranges.join(', '),
    wanted: 'authorizedIPRanges with networks of your own, or a private cluster',
  };
}

function privateEndpoint(data: UnknownRecord): CloudAnswer {
  if (!isTold(data, 'properties')) return 'unknown';
  const properties = recordAt(data, 'properties');
  const isPrivate = booleanAt(recordAt(properties, 'apiServerAccessProfile'), 'enablePrivateCluster') === true;
  if (isPrivate || stringAt(recordAt(properties, 'privateEndpoint'), 'id')) return undefined;
  return {
    problem: 'has no private endpoint of its API server',
    path: 'properties.privateEndpoint.id',
    wanted: 'a private endpoint',
  };
}
