import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { registryControls } from './registries.ts';
import { cluster } from './testing/clusters.ts';

const control = (id: string) => {
  const found = registryControls.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no control ${id}`);
  return found;
};
const unknown = { status: 'notEvaluated', reason: 'integration' };

describe('C-0221 images are searched', () => {
  const scanning = control('C-0221');
  const ecr = (...repositories: unknown[]) => cluster('eks', { Repositories: repositories }, 'DescribeRepositories');
  const on = { RepositoryName: 'a', ImageScanningConfiguration: { ScanOnPush: true } };

  it('fails repositories without', () => {
    const off = { RepositoryName: 'b', ImageScanningConfiguration: { ScanOnPush: 'true' } };
    expect(findingsOn(scanning, ecr(on, off, { RepositoryName: 'c' }))).toMatchObject([{ found: 'b, c' }]);
    const gcp = cluster('gke', { registries: [{ vulnerabilityScanningConfig: {} }] }, 'DescribeRepositories');
    expect(findingsOn(scanning, gcp)).toHaveLength(1);
  });

  it('passes repositories with', () => {
    expect(findingsOn(scanning, ecr(on))).toEqual([]);
    expect(findingsOn(scanning, ecr())).toEqual([]);
  });

  it('does not evaluate what cannot be read', () => {
    expect(verdictOn(scanning, ecr(on, 'b'))).toMatchObject(unknown);
    expect(verdictOn(scanning, cluster('eks', {}, 'DescribeRepositories'))).toMatchObject(unknown);
  });
});

describe.each([
  ['C-0222', cluster('eks', { policiesDocuments: { a: {} } }, 'PolicyVersion')],
  ['C-0251', cluster('aks', { roleAssignments: [{}] }, 'ListEntitiesForPolicies')],
  ['C-0308', cluster('gke', { rolesPolicies: { bindings: [] } }, 'ListEntitiesForPolicies')],
] as const)('%s who has access to images', (id, object) => {
  it('asks people to look at what is there', () => {
    expect(findingsOn(control(id), object)).toMatchObject([{ found: '1 entries' }]);
  });

  it('does not evaluate without', () => {
    expect(verdictOn(control(id), { ...object, data: {} })).toMatchObject(unknown);
  });
});

describe('C-0223 rights of nodes at ECR', () => {
  const rights = control('C-0223');
  const entities = (RoleName: string) =>
    cluster('eks', { rolesPolicies: { p: { PolicyRoles: [{ RoleName }] } } }, 'ListEntitiesForPolicies');
  const documents = (Action: unknown) =>
    cluster(
      'eks',
      { policiesDocuments: { p: { Statement: [{ Effect: 'Allow', Action, Resource: '*' }] } } },
      'PolicyVersion',
    );
  const pull = [
    'ecr:GetAuthorizationToken',
    'ecr:BatchCheckLayerAvailability',
    'ecr:GetDownloadUrlForLayer',
    'ecr:BatchGetImage',
  ];
  const judge = (Action: unknown, role = 'x-NodeInstanceRole-y') =>
    verdictOn(rights, entities(role), { others: [documents(Action)] });

  it.each([[[...pull, 'ecr:PutImage']], [['ecr:ListImages']], ['*'], ['ecr:*']])('fails %j', (actions) => {
    expect(judge(actions)).toMatchObject({ status: 'failed', findings: [{ relatedIds: [expect.any(String)] }] });
  });

  it.each([[pull], [[...pull, 'ecr:ListImages', 's3:PutObject']]])('passes %j', (actions) => {
    expect(judge(actions)).toEqual({ status: 'passed' });
  });

  it('does not evaluate without the role of nodes, or its policies', () => {
    expect(judge(pull, 'admin')).toMatchObject(unknown);
    expect(judge(7)).toMatchObject(unknown);
    expect(verdictOn(rights, entities('NodeInstanceRole'))).toMatchObject(unknown);
  });
});

describe('C-0250 rights of service principals at ACR', () => {
  const rights = control('C-0250');
  const assigned = (principalType: string) =>
    cluster(
      'aks',
      { roleAssignments: [{ properties: { principalType, roleDefinitionId: '/x/roleDefinitions/R1' } }] },
      'ListEntitiesForPolicies',
    );
  const role = (...actions: unknown[]) =>
    cluster(
      'aks',
      { roleDefinitions: [{ id: '/y/roleDefinitions/r1', properties: { permissions: [{ actions }] } }] },
      'PolicyVersion',
    );

  it('fails what can do more than read', () => {
    const others = [role('Microsoft.ContainerRegistry/registries/push/write', '*/read')];
    expect(findingsOn(rights, assigned('ServicePrincipal'), { others })).toMatchObject([
      { found: 'Microsoft.ContainerRegistry/registries/push/write' },
    ]);
    expect(findingsOn(rights, assigned('ServicePrincipal'), { others: [role('*')] })).toHaveLength(1);
  });

  it('passes readers, and leaves people alone', () => {
    const others = [role('Microsoft.ContainerRegistry/registries/pull/read')];
    expect(findingsOn(rights, assigned('ServicePrincipal'), { others })).toEqual([]);
    expect(findingsOn(rights, assigned('User'), { others: [role('*')] })).toEqual([]);
  });

  it('does not evaluate a role that nobody described', () => {
    expect(verdictOn(rights, assigned('ServicePrincipal'))).toMatchObject(unknown);
  });
});
