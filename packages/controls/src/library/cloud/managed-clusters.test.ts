import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { podRunning, staticPod } from '../control-plane/testing/static-pod.ts';
import { managedClusterControls } from './managed-clusters.ts';
import { cluster } from './testing/clusters.ts';

const control = (id: string) => {
  const found = managedClusterControls.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no control ${id}`);
  return found;
};
const apiServer = (...flags: string[]) => staticPod('kube-apiserver', flags);
const allTypes = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];
const logging = (Enabled: boolean, Types: readonly string[]) => ({
  Cluster: { Logging: { ClusterLogging: [{ Enabled, Types }] } },
});

describe('C-0066 encryption of Secrets', () => {
  const encryption = control('C-0066');

  it.each([
    cluster('eks', { Cluster: { Version: '1.27', EncryptionConfig: null } }),
    cluster('eks', { Cluster: { Version: '1.27', EncryptionConfig: [{ Resources: 'secrets' }] } }),
    cluster('gke', { database_encryption: { state: 2 } }),
    cluster('gke', { name: 'x' }),
    cluster('aks', { properties: { agentPoolProfiles: [{ enableEncryptionAtHost: true }, {}] } }),
    apiServer(),
  ])('fails $apiVersion $data', (object) => {
    expect(findingsOn(encryption, object)).toHaveLength(1);
  });

  it.each([
    cluster('eks', { Cluster: { Version: '1.27', EncryptionConfig: [{ Resources: ['secrets'] }] } }),
    cluster('eks', { Cluster: { Version: '1.28', EncryptionConfig: null } }),
    cluster('gke', { database_encryption: { state: 'ENCRYPTED' } }),
    cluster('aks', { properties: { securityProfile: { azureKeyVaultKms: { enabled: true } } } }),
    apiServer('--encryption-provider-config=/etc/encryption.yaml'),
  ])('passes $apiVersion $data', (object) => {
    expect(findingsOn(encryption, object)).toEqual([]);
  });

  it('does not evaluate a description of nothing', () => {
    for (const provider of ['eks', 'gke', 'aks'] as const)
      expect(verdictOn(encryption, cluster(provider, {}))).toMatchObject({ reason: 'integration' });
  });

  it('has nothing to say about pods that run something else', () => {
    expect(verdictOn(encryption, podRunning({ command: ['sh'] }))).toBeUndefined();
  });
});

describe('C-0067 audit logs', () => {
  const logs = control('C-0067');

  it.each([
    cluster('eks', logging(false, allTypes)),
    cluster('eks', logging(true, ['api'])),
    cluster('gke', { logging_config: { component_config: { enable_components: [] } } }),
    apiServer(),
  ])('fails $apiVersion $data', (object) => {
    expect(findingsOn(logs, object)).toHaveLength(1);
  });

  it.each([
    cluster('eks', logging(true, allTypes)),
    cluster('gke', { logging_config: { component_config: { enable_components: [1] } } }),
    apiServer('--audit-policy-file=/etc/audit.yaml'),
  ])('passes $apiVersion $data', (object) => {
    expect(findingsOn(logs, object)).toEqual([]);
  });

  it('does not evaluate what is not told', () => {
    expect(verdictOn(logs, cluster('eks', { Cluster: {} }))).toMatchObject({ reason: 'integration' });
  });
});

describe('C-0068 pod security policies', () => {
  const policies = control('C-0068');
  const release = (gitVersion: string): KubeObject => ({
    apiVersion: 'apiserverinfo.kubescape.cloud/v1beta0',
    kind: 'APIServerInfo',
    metadata: { name: 'version' },
    data: { gitVersion },
  });

  it('fails releases that had them', () => {
    const others = [release('v1.24.3')];
    expect(findingsOn(policies, apiServer('--enable-admission-plugins=NodeRestriction'), { others })).toHaveLength(1);
    const old = cluster('gke', { current_master_version: '1.24.1-gke.1', pod_security_policy_config: {} });
    expect(findingsOn(policies, old)).toHaveLength(1);
  });

  it('passes what enforces them, and releases that have none', () => {
    const others = [release('v1.24.3')];
    expect(findingsOn(policies, apiServer('--enable-admission-plugins=PodSecurityPolicy'), { others })).toEqual([]);
    expect(verdictOn(policies, apiServer(), { others: [release('v1.36.1')] })).toMatchObject({ status: 'passed' });
    expect(findingsOn(policies, cluster('gke', { current_master_version: '1.33.2-gke.1' }))).toEqual([]);
  });

  it('does not evaluate a release that nobody knows', () => {
    const untagged = podRunning({ command: ['kube-apiserver'], image: 'registry.example.com/kube-apiserver' });
    expect(verdictOn(policies, untagged)).toMatchObject({ status: 'notEvaluated', reason: 'integration' });
    expect(verdictOn(policies, cluster('gke', {}))).toMatchObject({ status: 'notEvaluated', reason: 'integration' });
  });
});

describe('C-0088 RBAC', () => {
  const rbac = control('C-0088');

  it('fails a cluster that does not use it', () => {
    expect(findingsOn(rbac, apiServer())).toHaveLength(1);
    expect(findingsOn(rbac, apiServer('--authorization-mode=Node'))).toHaveLength(1);
    expect(findingsOn(rbac, cluster('aks', { properties: { enableRBAC: false } }))).toHaveLength(1);
  });

  it('passes one that does', () => {
    expect(findingsOn(rbac, apiServer('--authorization-mode=Node,RBAC'))).toEqual([]);
    expect(findingsOn(rbac, cluster('aks', { properties: { enableRBAC: true } }))).toEqual([]);
    expect(findingsOn(rbac, cluster('eks', {}))).toEqual([]);
  });

  it('does not evaluate what stands in a file', () => {
    const verdict = verdictOn(rbac, apiServer('--authorization-config=/etc/authorization.yaml'));
    expect(verdict).toMatchObject({ status: 'notEvaluated', reason: 'integration' });
  });
});
