import { isRecord, type UnknownRecord } from '@kso/domain';
import type { Control } from '../../control.ts';
import { booleanAt, has, recordAt, recordsAt, stringAt, stringsAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { compareVersions, parseVersion } from '../known-vulnerabilities/version.ts';
import { type CloudAnswer, cloudRule, mustBeOn } from './cloud-rule.ts';

const eks = [kinds.eksCluster];
const vpc = 'Cluster.ResourcesVpcConfig';
const privateAccess = mustBeOn(`${vpc}.EndpointPrivateAccess`, 'has no private endpoint of its API server');

/** Settings of EKS clusters, as AWS describes them in the field names of its Go client. */
export const eksControls: readonly Control[] = [
  {
    id: 'C-0227',
    rules: [cloudRule({ name: 'ensure-endpointprivateaccess-is-enabled', kinds: eks, judge: privateAccess })],
  },
  {
    id: 'C-0228',
    rules: [
      cloudRule({
        name: 'ensure-endpointprivateaccess-is-enabled-and-endpointpublicaccess-is-disabled-eks',
        kinds: eks,
        judge: (data) => privateAccess(data) ?? publicAccess(data),
      }),
    ],
  },
  {
    id: 'C-0229',
    rules: [
      cloudRule({
        name: 'ensure-endpointpublicaccess-is-disabled-on-private-nodes-eks',
        kinds: eks,
        judge: (data) => publicAccess(data) && accessFromAnywhere(data),
      }),
    ],
  },
  {
    id: 'C-0285',
    rules: [
      cloudRule({
        name: 'cluster-access-manager-api-eks',
        kinds: eks,
        judge: (data) => {
          const mode = stringAt(recordAt(recordAt(data, 'Cluster'), 'AccessConfig'), 'AuthenticationMode');
          if (mode === undefined) return 'unknown';
          if (mode === 'API' || mode === 'API_AND_CONFIG_MAP') return undefined;
          return {
            problem: 'decides who has access by a ConfigMap only',
            path: 'Cluster.AccessConfig.AuthenticationMode',
            found: mode,
            wanted: 'API or API_AND_CONFIG_MAP',
          };
        },
      }),
    ],
  },
];

function publicAccess(data: UnknownRecord): CloudAnswer {
  const config = recordAt(recordAt(data, 'Cluster'), 'ResourcesVpcConfig');
  const isPublic = booleanAt(config, 'EndpointPublicAccess');
  if (isPublic === undefined) return 'unknown';
  if (!isPublic) return undefined;
  return {
    problem: 'has a public endpoint of its API server',
    path: `${vpc}.EndpointPublicAccess`,
    found: 'EndpointPublicAccess: true',
    wanted: 'EndpointPublicAccess: false',
  };
}

/** Without a list everybody may come: that is the default of AWS. */
function accessFromAnywhere(data: UnknownRecord): CloudAnswer {
  const access = publicAccess(data);
  if (access === undefined || access === 'unknown') return access;
  const config = recordAt(recordAt(data, 'Cluster'), 'ResourcesVpcConfig');
  const networks = stringsAt(config, 'PublicAccessCidrs');
  if (networks.length > 0 && !networks.some((network) => network.endsWith('/0'))) return undefined;
  return {
    problem: 'has an endpoint of its API server that anybody can reach',
    path: `${vpc}.PublicAccessCidrs`,
    found: networks.length === 0 ? 'no PublicAccessCidrs' : networks.join(', '),
    wanted: 'EndpointPublicAccess: false, or PublicAccessCidrs with networks of your own',
  };
}

/** From 1.28 on EKS encrypts all data of the API with keys of its own, whatever is configured. */
export function eksEncryption(data: UnknownRecord): CloudAnswer {
  const cluster = recordAt(data, 'Cluster');
  if (Object.keys(cluster).length === 0) return 'unknown';
  const version = parseVersion(stringAt(cluster, 'Version') ?? '');
  if (version !== undefined && compareVersions(version, [1, 28]) >= 0) return undefined;
  const covers = recordsAt(cluster, 'EncryptionConfig').some(({ value }) =>
    stringsAt(value, 'Resources').includes('secrets'),
  );
  if (covers) return undefined;
  return {
    problem: 'does not encrypt Secrets',
    path: 'Cluster.EncryptionConfig',
    found: has(cluster, 'EncryptionConfig') ? 'EncryptionConfig without secrets' : 'no EncryptionConfig',
    wanted: 'secrets in EncryptionConfig',
  };
}

const logTypes = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];

export function eksAuditLogs(data: UnknownRecord): CloudAnswer {
  const cluster = recordAt(data, 'Cluster');
  if (!isRecord(cluster['Logging'])) return 'unknown';
  const on = recordsAt(recordAt(cluster, 'Logging'), 'ClusterLogging')
    .filter(({ value }) => booleanAt(value, 'Enabled') === true)
    .flatMap(({ value }) => stringsAt(value, 'Types'));
  const missing = logTypes.filter((type) => !on.includes(type));
  if (missing.length === 0) return undefined;
  return {
    problem: `keeps no logs of ${missing.join(', ')}`,
    path: 'Cluster.Logging.ClusterLogging',
    found: on.length === 0 ? 'no logs' : on.join(', '),
    wanted: logTypes.join(', '),
  };
}
