import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { aksControls } from './aks.ts';
import { eksControls } from './eks.ts';
import { cluster } from './testing/clusters.ts';

interface Cases {
  readonly provider: 'eks' | 'aks';
  readonly fails: readonly object[];
  readonly passes: readonly object[];
  readonly unknown: readonly object[];
}

const vpc = (config: object) => ({ Cluster: { ResourcesVpcConfig: config } });
const properties = (fields: object) => ({ properties: { provisioningState: 'Succeeded', ...fields } });
const network = (networkPlugin: string, networkPolicy: string | null) =>
  properties({ networkProfile: { networkPlugin, networkPolicy } });
const access = (profile: object) => properties({ apiServerAccessProfile: profile });

const cases: Readonly<Record<string, Cases>> = {
  'C-0227': {
    provider: 'eks',
    fails: [vpc({ EndpointPrivateAccess: false }), vpc({ EndpointPrivateAccess: 'true' })],
    passes: [vpc({ EndpointPrivateAccess: true })],
    unknown: [{}],
  },
  'C-0228': {
    provider: 'eks',
    fails: [
      vpc({ EndpointPrivateAccess: false, EndpointPublicAccess: false }),
      vpc({ EndpointPrivateAccess: true, EndpointPublicAccess: true }),
    ],
    passes: [vpc({ EndpointPrivateAccess: true, EndpointPublicAccess: false })],
    unknown: [{}, vpc({ EndpointPrivateAccess: true, EndpointPublicAccess: 'no' })],
  },
  'C-0229': {
    provider: 'eks',
    fails: [
      vpc({ EndpointPublicAccess: true, PublicAccessCidrs: ['10.0.0.0/8', '0.0.0.0/0'] }),
      vpc({ EndpointPublicAccess: true, PublicAccessCidrs: [] }),
    ],
    passes: [
      vpc({ EndpointPublicAccess: true, PublicAccessCidrs: ['10.0.0.0/8'] }),
      vpc({ EndpointPublicAccess: false, PublicAccessCidrs: ['0.0.0.0/0'] }),
    ],
    unknown: [{}, vpc({ EndpointPublicAccess: null })],
  },
  'C-0240': {
    provider: 'aks',
    fails: [network('kubenet', null), network('kubenet', 'azure'), network('azure', 'none')],
    passes: [network('azure', 'azure'), network('azure', 'cilium'), network('kubenet', 'calico')],
    unknown: [{}, network('none', null)],
  },
  'C-0241': {
    provider: 'aks',
    fails: [properties({ aadProfile: {} }), properties({ aadProfile: { enableAzureRBAC: false } })],
    passes: [properties({ aadProfile: { enableAzureRBAC: true } })],
    unknown: [{}],
  },
  'C-0243': {
    provider: 'aks',
    fails: [properties({ securityProfile: {} })],
    passes: [properties({ securityProfile: { defender: { securityMonitoring: { enabled: true } } } })],
    unknown: [{}],
  },
  'C-0244': {
    provider: 'aks',
    fails: [properties({ agentPoolProfiles: [] }), properties({ agentPoolProfiles: [{ enableEncryptionAtHost: 1 }] })],
    passes: [
      properties({ agentPoolProfiles: [{ enableEncryptionAtHost: true }] }),
      properties({
        securityProfile: { kubernetesResourceObjectEncryptionProfile: { infrastructureEncryption: 'Enabled' } },
      }),
    ],
    unknown: [{}],
  },
  'C-0247': {
    provider: 'aks',
    fails: [access({}), access({ authorizedIPRanges: ['0.0.0.0/0'] }), access({ authorizedIPRanges: '10.0.0.1' })],
    passes: [access({ authorizedIPRanges: ['10.0.0.1'] }), access({ enablePrivateCluster: true })],
    unknown: [{}],
  },
  'C-0248': {
    provider: 'aks',
    fails: [access({}), access({ enablePrivateCluster: false })],
    passes: [access({ enablePrivateCluster: true })],
    unknown: [{}],
  },
  'C-0252': {
    provider: 'aks',
    fails: [access({}), properties({ privateEndpoint: { id: '' } })],
    passes: [access({ enablePrivateCluster: true }), properties({ privateEndpoint: { id: '/subscriptions/x' } })],
    unknown: [{}],
  },
  'C-0285': {
    provider: 'eks',
    fails: [{ Cluster: { AccessConfig: { AuthenticationMode: 'CONFIG_MAP' } } }],
    passes: [
      { Cluster: { AccessConfig: { AuthenticationMode: 'API' } } },
      { Cluster: { AccessConfig: { AuthenticationMode: 'API_AND_CONFIG_MAP' } } },
    ],
    unknown: [{}, { Cluster: { AccessConfig: null } }],
  },
};

const controls = [...eksControls, ...aksControls];

it('cases stand for every control', () => {
  expect(Object.keys(cases).sort()).toEqual(controls.map(({ id }) => id).sort());
});

describe.each(controls)('$id of a cloud', (control) => {
  const { provider = 'eks', fails = [], passes = [], unknown = [] } = cases[control.id] ?? {};

  it.each(fails)('fails %j', (data) => {
    const [finding] = findingsOn(control, cluster(provider, data));
    expect(finding).toMatchObject({ paths: [{ type: 'failed' }, { type: 'review' }], found: expect.any(String) });
  });

  it.each(passes)('passes %j', (data) => {
    expect(findingsOn(control, cluster(provider, data))).toEqual([]);
  });

  it.each(unknown)('does not evaluate %j', (data) => {
    expect(verdictOn(control, cluster(provider, data))).toMatchObject({ reason: 'integration' });
  });
});
