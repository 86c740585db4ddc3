import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { staticPod } from '../control-plane/testing/static-pod.ts';
import { auditPolicy } from './audit-policy.ts';
import { metadataAccess } from './c-0052-metadata-access.ts';
import { encryptionConfigured, encryptionProviders, externalKeys } from './encryption.ts';
import { fileWith, hostData } from './testing/host-data.ts';

const unknown = { status: 'notEvaluated', reason: 'integration' };
const node = (server: object) => hostData('ControlPlaneInfo', { APIServerInfo: server });
const encrypting = (...resources: string[]) =>
  node({ encryptionProviderConfigFile: fileWith(`resources: [${resources.join(', ')}]`) });
const kms = '{resources: [secrets], providers: [{kms: {name: vault}}, {identity: {}}]}';
const aescbc = '{resources: ["*.*"], providers: [{aescbc: {}}]}';
const plain = '{resources: [secrets], providers: [{identity: {}}, {aescbc: {}}]}';
const other = '{resources: [configmaps], providers: [{secretbox: {}}]}';

describe.each([
  [encryptionConfigured, [[other], []], [[kms], [aescbc], [other, plain]]],
  [encryptionProviders, [[plain], [kms, plain], []], [[kms], [aescbc], [other]]],
  [externalKeys, [[aescbc], [plain], [other]], [[kms], [kms, other]]],
] as const)('$id encryption of what is stored', (control, fails, passes) => {
  it.each(fails.map((entries) => [entries]))('fails %j', (entries) => {
    expect(findingsOn(control, encrypting(...entries))).toMatchObject([
      { paths: [{ path: 'data.APIServerInfo.encryptionProviderConfigFile.content' }, { type: 'review' }] },
    ]);
  });

  it('fails an API server without a configuration', () => {
    expect(findingsOn(control, node({ cmdLine: 'kube-apiserver --secure-port=6443' }))).toMatchObject([
      { found: 'no --encryption-provider-config' },
    ]);
  });

  it.each(passes.map((entries) => [entries]))('passes %j', (entries) => {
    expect(findingsOn(control, encrypting(...entries))).toEqual([]);
  });

  it('does not evaluate what was not reported', () => {
    const unread = { cmdLine: 'kube-apiserver --encryption-provider-config=/x', encryptionProviderConfigFile: {} };
    for (const server of [{}, unread]) expect(verdictOn(control, node(server))).toMatchObject(unknown);
  });
});

it('C-0141 judges the static pod as well', () => {
  expect(findingsOn(encryptionConfigured, staticPod('kube-apiserver', []))).toHaveLength(1);
  expect(findingsOn(encryptionConfigured, staticPod('kube-apiserver', ['--encryption-provider-config=/x']))).toEqual(
    [],
  );
});

describe('C-0161 audit policy', () => {
  const policy = (...rules: string[]) => node({ auditPolicyFile: fileWith(`rules: [${rules.join(', ')}]`) });
  const secrets = '{level: Metadata, resources: [{group: "", resources: [secrets, configmaps]}]}';
  const everything = '{level: Metadata}';

  it.each([
    [[everything]],
    [[secrets, '{level: RequestResponse, resources: [{group: apps}]}', everything]],
    [['{level: None, users: ["system:kube-proxy"]}', everything]],
    [['{level: None, nonResourceURLs: ["/healthz*"]}', everything]],
  ])('passes %j', (rules) => {
    expect(findingsOn(auditPolicy, policy(...rules))).toEqual([]);
  });

  it.each([
    [['{level: Request}'], /secrets are recorded at the level Request/],
    [[secrets], /tokenreviews are not recorded; pods are not recorded/],
    [['{level: Request, namespaces: [x], resources: [{group: ""}]}', everything], /configmaps .* Request/],
    [['{level: None, resources: [{group: "", resources: ["*/exec"]}]}', everything], /^pods\/exec are not recorded$/],
    [['{level: 7}'], /secrets are not recorded/],
    [[], /not recorded/],
  ] as const)('fails %j', (rules, found) => {
    expect(findingsOn(auditPolicy, policy(...rules))).toMatchObject([{ found: expect.stringMatching(found) }]);
  });

  it('fails an API server without a policy', () => {
    expect(findingsOn(auditPolicy, node({ cmdLine: 'kube-apiserver' }))).toMatchObject([
      { found: 'no --audit-policy-file' },
    ]);
  });

  it('does not evaluate a policy that was not reported', () => {
    for (const server of [{}, { cmdLine: 'kube-apiserver --audit-policy-file=/x' }])
      expect(verdictOn(auditPolicy, node(server))).toMatchObject(unknown);
  });
});

describe('C-0052 metadata service', () => {
  const reaching = (providerMetaDataAPIAccess: unknown) =>
    verdictOn(metadataAccess, hostData('CloudProviderInfo', { providerMetaDataAPIAccess }));

  it('fails a node that reaches it, and passes one that does not', () => {
    expect(reaching(true)).toMatchObject({ status: 'failed' });
    expect(reaching(false)).toEqual({ status: 'passed' });
  });

  it('does not evaluate what is not told', () => {
    for (const value of [undefined, 'false', null]) expect(reaching(value)).toMatchObject(unknown);
  });
});
