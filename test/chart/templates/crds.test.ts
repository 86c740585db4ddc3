import { scanSourceOnce } from '@kso/kubescape-scanner';
import { pod, until } from '@kso/testkit';
import {
  type ControlPlane,
  controlPlanePrograms,
  type PolicyRule,
  startControlPlane,
} from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import { type KubeObject, SecurityExceptionSpec, SecurityExceptionVulnerability } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byKind, envOf, named, render } from './rendered.ts';

const riskAcceptance = { capabilities: { riskAcceptance: 'enable' } };
const kind = 'CustomResourceDefinition';
const kindsOf = (values: object) => byKind(render(values), kind).map(({ metadata }) => metadata.name);

describe.skipIf(missingPrograms('helm') !== undefined)('complaint 28: kinds of ours', () => {
  it('come with what reads them, as the capabilities say', () => {
    const commands = 'operatorcommands.kubescape.io';
    const exceptions = ['clustersecurityexceptions.kubescape.io', 'securityexceptions.kubescape.io'];
    const inputs = 'controlinputs.kubescape.io';
    expect(kindsOf({}).toSorted()).toEqual([inputs, commands]);
    expect(kindsOf({ capabilities: { operator: 'disable' } })).toEqual([inputs]);
    expect(kindsOf({ capabilities: { configurationScan: 'disable' } })).toEqual([commands]);
    expect(kindsOf(riskAcceptance).toSorted()).toEqual([exceptions[0], inputs, commands, exceptions[1]]);
    // The suite makes recurring scans itself and reads no commands from objects.
    expect(kindsOf({ profile: 'compact' })).toEqual([inputs]);
    expect(kindsOf({ profile: 'compact', ...riskAcceptance }).toSorted()).toEqual([
      exceptions[0],
      inputs,
      exceptions[1],
    ]);
    expect(kindsOf({ ...riskAcceptance, crds: { install: false } })).toEqual([]);
  });

  it('outlive the release unless crds.keep is off, and carry no note of the chart', () => {
    const annotations = (values: object) =>
      byKind(render({ ...riskAcceptance, ...values }), kind).map(({ metadata }) => metadata.annotations);
    expect(annotations({})).toEqual(Array.from({ length: 4 }, () => ({ 'helm.sh/resource-policy': 'keep' })));
    expect(annotations({ crds: { keep: false } })).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('the scanner asks for exceptions only where it may read them', () => {
    const asks = (values: object) => envOf(render(values), 'kubescape')['KSO_SCANNER_POLICY_FROM_OBJECTS'];
    expect(asks({})).toBe('false');
    expect(asks(riskAcceptance)).toBe('true');
    const compact = { profile: 'compact', ...riskAcceptance };
    expect(envOf(render(compact), 'suite')['KSO_SUITE_POLICY_FROM_OBJECTS']).toBe('true');
  });
});

const exception = (spec: object, name = 'accepted'): KubeObject => ({
  apiVersion: 'kubescape.io/v1beta1',
  kind: 'SecurityException',
  metadata: { name, namespace: 'shop' },
  spec,
});
const clusterException = (spec: object): KubeObject => ({
  apiVersion: 'kubescape.io/v1beta1',
  kind: 'ClusterSecurityException',
  metadata: { name: 'accepted' },
  spec,
});
const command = (spec: object): KubeObject => ({
  apiVersion: 'kubescape.io/v1alpha1',
  kind: 'OperatorCommand',
  metadata: { name: 'scan-now', namespace: 'shop', labels: { 'kubescape.io/app-name': 'operator' } },
  spec,
});
const posture = [{ controlID: 'C-0057', action: 'ignore' }];
const everything = {
  author: 'jo@example.com',
  reason: 'behind a proxy',
  expiresAt: '2099-01-01T00:00:00Z',
  match: {
    objectSelector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['a'] }] },
    resources: [{ apiGroup: 'apps', kind: 'Deployment', name: 'web' }],
    images: ['registry.example.com/shop/*'],
  },
  posture,
  vulnerabilities: [
    {
      vulnerability: { id: 'CVE-2024-1234', aliases: ['GHSA-1'] },
      status: 'not_affected',
      justification: 'vulnerable_code_not_present',
      subcomponents: ['pkg:deb/debian/zlib1g', { id: 'pkg:npm/left-pad' }],
      expiredOnFix: true,
    },
    {
      vulnerability: { id: 'CVE-2024-2' },
      status: 'affected',
      actionStatement: 'isolated',
      response: ['will_not_fix'],
    },
  ],
};

describe.skipIf(missingPrograms(...controlPlanePrograms, 'helm') !== undefined)('at a real API server', () => {
  let plane: ControlPlane;
  const objects = render(riskAcceptance);

  beforeAll(async () => {
    plane = await startControlPlane();
    await plane.client.createNamespace('shop');
    await plane.client.apply(byKind(objects, kind));
    await until('the kinds are served', async () => {
      const served = await Promise.all(
        byKind(objects, kind).map(async ({ metadata }) => {
          const found = await plane.client.http.json(
            `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`,
          );
          const { conditions = [] } =
            (found as { status?: { conditions?: { type: string; status: string }[] } }).status ?? {};
          const isStructural = conditions.every(({ type }) => type !== 'NonStructuralSchema');
          return isStructural && conditions.some(({ type, status }) => type === 'Established' && status === 'True');
        }),
      );
      return served.every(Boolean);
    });
    await plane.client.apply([pod({ name: 'p', namespace: 'shop', spec: { serviceAccountName: 'default' } })]);
  });
  afterAll(() => plane?.stop());

  async function send(object: KubeObject): Promise<{ status: number; body: KubeObject & { message?: string } }> {
    const plural = `${object.kind.toLowerCase()}s`;
    const { namespace } = object.metadata;
    const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
    const { status, body } = await plane.client.http.request(
      `/apis/${object.apiVersion}${place}/${plural}?dryRun=All&fieldValidation=Strict`,
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(object) },
    );
    return { status, body: JSON.parse(body.toString('utf8')) as KubeObject };
  }

  it('what their readers understand is accepted, whole', async () => {
    const { status, body } = await send(exception(everything));
    expect({ status, message: body.message }).toEqual({ status: 201, message: undefined });
    expect(body['spec']).toEqual(everything);
    // The forms by which the readers go.
    const { vulnerabilities } = SecurityExceptionSpec.parse(body['spec']);
    expect(vulnerabilities?.map((entry) => SecurityExceptionVulnerability.parse(entry))).toHaveLength(2);
    const namespaceSelector = { matchLabels: { team: 'payments' } };
    expect(await send(clusterException({ match: { namespaceSelector }, posture }))).toMatchObject({ status: 201 });
    const body64 = Buffer.from('{"commandName":"kubescapeScan"}').toString('base64');
    const spec = { guid: 'g', commandType: 'OperatorAPI', body: body64, ttl: 3_600_000_000_000 };
    expect(await send(command(spec))).toMatchObject({ status: 201, body: { spec } });
  });

  it.each([
    ['an exception of nothing', exception({ reason: 'r' }), 'posture or vulnerabilities must have an entry'],
    ['an unknown action', exception({ posture: [{ controlID: 'C-0057', action: 'skip' }] }), 'Unsupported value'],
    ['a control without an id', exception({ posture: [{ action: 'ignore' }] }), 'controlID: Required value'],
    ['a word that is no date', exception({ expiresAt: 'soon', posture }), 'expiresAt'],
    ['a resource that states nothing', exception({ match: { resources: [{}] }, posture }), 'must be stated'],
    [
      'not_affected without a reason',
      exception({ vulnerabilities: [{ vulnerability: { id: 'CVE-1' }, status: 'not_affected' }] }),
      'needs a justification',
    ],
    [
      'a selector of namespaces in one namespace',
      exception({ match: { namespaceSelector: {} }, posture }),
      'unknown field "spec.match.namespaceSelector"',
    ],
    ['a command without a type', command({ guid: 'g' }), 'commandType: Required value'],
    ['a body that is no base64', command({ commandType: 'OperatorAPI', body: '{}' }), 'body'],
    ['a negative ttl', command({ commandType: 'OperatorAPI', ttl: -1 }), 'ttl'],
  ])('%s is refused', async (_what, object, message) => {
    const { status, body } = await send(object);
    expect(body.message).toContain(message);
    expect([400, 422]).toContain(status);
  });

  it('kubectl get shows why and until when', async () => {
    await plane.client.apply([
      exception({ reason: 'behind a proxy', expiresAt: everything.expiresAt, posture }, 'shown'),
    ]);
    const { body } = await plane.client.http.request('/apis/kubescape.io/v1beta1/namespaces/shop/securityexceptions', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    const table = JSON.parse(body.toString('utf8')) as {
      columnDefinitions: { name: string }[];
      rows: { cells: unknown[] }[];
    };
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Reason', 'Author', 'Expires', 'Age']);
    expect(table.rows[0]?.cells.slice(0, 4)).toEqual(['shown', 'behind a proxy', null, everything.expiresAt]);
  });

  const rulesOfScanner = (values: object) =>
    named(render(values), 'ClusterRole', 'kubescape-kubescape-kubescape')['rules'] as PolicyRule[];
  const unread = async (name: string, rules: PolicyRule[]) => {
    const kubeconfig = plane.writeKubeconfig(name, await plane.mintToken({ name, rules }));
    const { scanCoverage } = await scanSourceOnce({ source: { type: 'cluster', kubeconfig } });
    return scanCoverage.failedGVRPulls.map(({ gvr }) => gvr);
  };

  it('with the rights of the chart a scan reads all kinds, exceptions included; Secrets only if asked', async () => {
    expect(await unread('scanner', rulesOfScanner(riskAcceptance))).toEqual(['/v1/secrets']);
    const global = { enableClusterWideSecretAccess: true };
    expect(await unread('all', rulesOfScanner({ ...riskAcceptance, global }))).toEqual([]);
    expect((await unread('without', rulesOfScanner({}))).toSorted()).toEqual([
      '/v1/secrets',
      'kubescape.io/v1beta1/clustersecurityexceptions',
      'kubescape.io/v1beta1/securityexceptions',
    ]);
  });
});
