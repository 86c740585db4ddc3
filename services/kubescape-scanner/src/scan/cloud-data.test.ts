import { pod } from '@kso/testkit';
import { type KubeObject, PostureReport } from '@kso/wire';
import { expect, it, onTestFinished } from 'vitest';
import { type FakeSource, fakeSource } from '../testing/fake-source.ts';
import { startScanner } from '../testing/scanner.ts';

const node: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', labels: { 'eks.amazonaws.com/nodegroup': 'a' } },
};

const description = (access: { readonly EndpointPublicAccess: boolean }, encryption: object = {}): KubeObject => ({
  apiVersion: 'eks.amazonaws.com/v1',
  kind: 'ClusterDescribe',
  metadata: { name: 'shop' },
  data: { Cluster: { Version: '1.27', ResourcesVpcConfig: { EndpointPrivateAccess: true, ...access }, ...encryption } },
});
const open = description({ EndpointPublicAccess: true });
const closed = description({ EndpointPublicAccess: false }, { EncryptionConfig: [{ Resources: ['secrets'] }] });

/** Private and public endpoint of EKS, encryption of Secrets in any cloud. */
const wanted = ['C-0228', 'C-0066'];

async function scannerOf(source: FakeSource) {
  const scanner = await startScanner({ source });
  onTestFinished(() => scanner.stop());
  const scan = async (body: object): Promise<PostureReport> => {
    const response = await scanner.fetch('/v1/scan?wait=true', { method: 'POST', body: JSON.stringify(body) });
    const { response: answer } = (await response.json()) as { response: unknown };
    if (response.status !== 200) throw new Error(String(answer));
    return PostureReport.parse(answer);
  };
  return { scan, store: scanner.store };
}

const statuses = ({ summaryDetails }: PostureReport) =>
  wanted.map((id) => summaryDetails.controls[id]?.statusInfo).map((info) => [info?.status, info?.subStatus ?? '']);

it('a description of the cluster by its cloud is judged like other objects, whoever tells that it is managed', async () => {
  for (const others of [[pod(), node], [pod()]]) {
    const { scan, store } = await scannerOf(fakeSource([...others, open]));
    const report = await scan({});
    expect(statuses(report)).toEqual([
      ['failed', ''],
      ['failed', ''],
    ]);
    const id = 'eks.amazonaws.com/v1/ClusterDescribe/shop';
    const result = report.results.find(({ resourceID }) => resourceID.includes('ClusterDescribe'));
    expect(result?.resourceID).toBe(id);
    const paths = result?.controls.find(({ controlID }) => controlID === 'C-0228')?.rules[0]?.paths ?? [];
    expect(paths.map(({ failedPath }) => failedPath)).toContain('data.Cluster.ResourcesVpcConfig.EndpointPublicAccess');
    expect(store.results.get('posture', id)).toBeDefined();
  }
});

it('a description that changes changes the verdicts, and one that goes leaves the controls without an answer', async () => {
  const source = fakeSource([pod(), node, open]);
  const { scan } = await scannerOf(source);
  expect(statuses(await scan({})).map(([status]) => status)).toEqual(['failed', 'failed']);
  source.emit({ type: 'modified', object: closed });
  expect(statuses(await scan({})).map(([status]) => status)).toEqual(['passed', 'passed']);
  source.emit({ type: 'deleted', object: closed });
  expect(statuses(await scan({}))).toEqual([
    ['skipped', 'integration'],
    ['skipped', 'integration'],
  ]);
});

it('without a managed cluster a control of a provider that is named is not evaluated', async () => {
  const { scan } = await scannerOf(fakeSource([pod(), { ...node, metadata: { name: 'node-1' } }]));
  const { scanCoverage } = await scan({ targetType: 'control', targetNames: ['C-0228', 'C-0057'] });
  expect(scanCoverage.notEvaluatedControls).toMatchObject([
    { controlID: 'C-0228', reason: 'it needs a cluster of EKS, and the scan has none' },
  ]);
});
