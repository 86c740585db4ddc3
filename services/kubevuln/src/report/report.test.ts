import { ContainerScanReport, type ImageFinding, type ImageMatches, type ImageScanJob } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { containerScanReport } from './container-scan-report.ts';
import { indexLayers, manifestLayers } from './layers.ts';
import { vulnerabilityLink } from './links.ts';
import { mentionsRemoteCodeExecution } from './remote-code-execution.ts';
import { suggestedVersion } from './suggested-version.ts';
import { containersScanId, reportSubject, versionText, workloadHash } from './workload.ts';

function finding(changes: Partial<ImageFinding> = {}): ImageFinding {
  return {
    id: 'CVE-2019-10906',
    severity: 'High',
    description: 'The sandbox can be left',
    dataSource: 'https://github.com/advisories/GHSA-462w-v97r-4m45',
    related: ['GHSA-462w-v97r-4m45'],
    cvss: [],
    package: { name: 'jinja2', version: '2.10', type: 'python', purl: 'pkg:pypi/jinja2@2.10' },
    fix: { state: 'fixed', versions: ['2.10.1'] },
    fixKnown: true,
    matchType: 'exact-direct-match',
    locations: [{ path: '/usr/lib/jinja2/METADATA', layer: 'sha256:two' }],
    ...changes,
  };
}

function matches(findings: readonly ImageFinding[]): ImageMatches {
  return {
    digest: `sha256:${'a'.repeat(64)}`,
    platform: 'linux/amd64',
    size: 1234,
    packages: 7,
    history: [
      { layer: 'sha256:one', size: 10, createdBy: 'ADD base' },
      { createdBy: 'ENV A=b' },
      { layer: 'sha256:two', createdTime: '2026-01-01T00:00:00Z' },
    ],
    findings: [...findings],
    alerts: [],
    engines: { sbom: 'v1.57.0', matcher: 'v0.121.2', mode: 'adaptive' },
    database: { built: '2026-11-01T00:00:00.000Z', schemaVersion: 'v6.1.10', digest: 'd', label: 'sample' },
  };
}

const job: ImageScanJob = {
  imageTag: 'nginx:1.25',
  imageHash: `sha256:${'b'.repeat(64)}`,
  wlid: 'wlid://cluster-minikube/namespace-default/deployment-nginx',
  containerName: 'nginx',
  sessionJobIds: [],
  actionIDN: 0,
};
const engines = { sbom: 'v1.57.0', matcher: 'v0.121.2', mode: 'adaptive' };

function report(findings: readonly ImageFinding[], changes: Partial<ImageScanJob> = {}) {
  const subject = reportSubject({ job: { ...job, ...changes }, account: 'acc', sbomVersion: 'v1.57.0' });
  const chunks = containerScanReport({
    subject,
    containersScanID: containersScanId({ ...job, ...changes }, subject, engines),
    timestamp: 1_790_000_000,
    jobIds: ['j1'],
    matches: matches(findings),
    database: { built: '2026-11-01T00:00:00.000Z', ageSeconds: 60, schemaVersion: 'v6.1.10', label: 'sample' },
  });
  return { texts: chunks, parsed: chunks.map((text) => ContainerScanReport.strict().parse(JSON.parse(text))) };
}

describe('identifiers', () => {
  it('workload hash', () => {
    expect(workloadHash(['minikube', 'default', 'deployment', 'nginx', 'nginx'])).toBe('8449841542515860619');
  });

  it('version text', () => {
    expect(versionText(engines)).toBe('v1.57.0-v0.121.2-matching-adaptive');
  });

  it('scan id: the instance and the versions, or a hash when there is no usable instance', () => {
    const subject = reportSubject({ job, account: '', sbomVersion: '' });
    const instanceID = 'replicaset-nginx-7584b6f84c-nginx-554a-b86c';
    expect(containersScanId({ ...job, instanceID }, subject, engines)).toBe(
      `${instanceID}-v1-57-0-v0-121-2-matching-adaptive`,
    );
    for (const bad of [undefined, '', 'a/b']) {
      const id = containersScanId({ ...job, ...(bad === undefined ? {} : { instanceID: bad }) }, subject, engines);
      expect(id).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe('subject', () => {
  it('names workload, container and versions, and nothing that is empty', () => {
    const { designators, context } = reportSubject({ job, account: '', sbomVersion: 'v1.57.0' });
    expect(designators.attributes).toEqual({
      cluster: 'minikube',
      namespace: 'default',
      kind: 'deployment',
      name: 'nginx',
      containerName: 'nginx',
      workloadHash: '8449841542515860619',
      sbomToolVersion: 'v1.57.0',
      apiVersion: 'apps/v1',
    });
    expect(context).toContainEqual({ attribute: 'kind', value: 'deployment', source: 'designators.attributes' });
  });

  it('B21 a scan without a workload has no empty labels and a report that is valid', () => {
    const { parsed } = report([finding()], { wlid: '', containerName: '' });
    expect(parsed[0]?.designators.attributes).toEqual({ customerGUID: 'acc', sbomToolVersion: 'v1.57.0' });
    expect(parsed[0]?.summary).toMatchObject({ wlid: '', namespace: '', imageTag: 'docker.io/library/nginx:1.25' });
  });
});

describe('B21 suggested version', () => {
  const suggest = (version: string, versions: string[], state = 'fixed') =>
    suggestedVersion(finding({ package: { ...finding().package, version }, fix: { state, versions } }));

  it.each([
    ['2.4.1', ['3.0.2', '2.2.9', '2.4.7'], '2.4.7'],
    ['3.1.0', ['3.0.2', '2.2.9', '2.4.7'], ''],
    ['v1.9.0', ['1.10.0'], '1.10.0'],
    ['2.10', ['2.10.1'], '2.10.1'],
    ['5.2b1', ['5.2'], '5.2'],
    ['5.2', ['5.2b1'], ''],
    ['1.0.post1', ['1.0', '1.1'], '1.1'],
    ['3.0.7-1', ['3.0.8-1~deb12u1'], '3.0.8-1~deb12u1'],
    ['1:2.3-4', ['1:2.3-5'], '1:2.3-5'],
  ])('%s out of %j is "%s"', (installed, versions, expected) => {
    expect(suggest(installed, versions)).toBe(expected);
  });

  it('says unknown when nobody names the fixed version, and nothing without a fix', () => {
    expect(suggest('1.0', [])).toBe('unknown');
    expect(suggestedVersion(finding({ fix: { state: 'not-fixed', versions: [] }, fixKnown: false }))).toBe('');
  });
});

describe('texts', () => {
  it.each([
    ['CVE-2020-1', 'https://nvd.nist.gov/vuln/detail/CVE-2020-1'],
    ['GHSA-x', 'https://github.com/advisories/GHSA-x'],
    ['USN-1-2', 'https://ubuntu.com/security/notices/USN-1-2/'],
    ['ALAS2023-2024-1', 'https://alas.aws.amazon.com/AL2023/ALAS-2024-1.html'],
    ['ALAS2-2024-1', 'https://alas.aws.amazon.com/AL2/ALAS-2024-1.html'],
    ['ALAS-2024-1', 'https://alas.aws.amazon.com/ALAS-2024-1.html'],
  ])('link of %s', (id, link) => {
    expect(vulnerabilityLink(id)).toBe(link);
  });

  it.each([
    ['allows Remote Code Execution by', true],
    ['leads to rce', false],
    ['leads to rce.', true],
    ['a source of force', false],
    ['execute arbitrary code', true],
  ])('%s: %s', (text, expected) => {
    expect(mentionsRemoteCodeExecution(text)).toBe(expected);
  });
});

describe('layers', () => {
  it('count real layers, each with the one below', () => {
    expect([...indexLayers(matches([]).history).values()]).toEqual([
      { layerHash: 'sha256:one', parentLayerHash: '', createdBy: 'ADD base', size: 10 },
      {
        layerHash: 'sha256:two',
        parentLayerHash: 'sha256:one',
        createdTime: '2026-01-01T00:00:00Z',
        layerOrder: 1,
      },
    ]);
    expect(manifestLayers(matches([]).history).map(({ layerOrder }) => layerOrder)).toEqual([0, -1, 1]);
  });
});

describe('report', () => {
  it('without findings is one chunk with the summary and the label of the database', () => {
    const { parsed } = report([]);
    expect(parsed).toHaveLength(1);
    expect(parsed[0]).toMatchObject({ vulnerabilities: null, paginationInfo: { chunkNumber: 0, isLastChunk: true } });
    expect(parsed[0]?.summary).toMatchObject({
      total: 0,
      severitiesStats: null,
      status: 'Success',
      vulnerabilityDatabase: { label: 'sample', ageSeconds: 60 },
    });
  });

  it('carries a finding with all that is known of it', () => {
    const [chunk] = report([finding()]).parsed;
    expect(chunk?.vulnerabilities?.[0]).toMatchObject({
      name: 'CVE-2019-10906',
      packageName: 'jinja2',
      packageVersion: '2.10',
      severity: 'High',
      severityScore: 400,
      fixedIn: [{ name: 'fixed', imageTag: 'docker.io/library/nginx:1.25', version: '2.10.1' }],
      isFixed: 1,
      imageHash: `index.docker.io/library/nginx@sha256:${'b'.repeat(64)}`,
      layerHash: 'sha256:two',
      coordinates: [{ path: '/usr/lib/jinja2/METADATA', layerID: 'sha256:two' }],
      links: ['https://nvd.nist.gov/vuln/detail/CVE-2019-10906', 'https://github.com/advisories/GHSA-462w-v97r-4m45'],
    });
    expect(chunk?.summary).toMatchObject({
      total: 1,
      fixedTotal: 1,
      version: 'nginx:1.25',
      registry: 'docker.io',
      severitiesStats: [{ severity: 'High', total: 1, fixedTotal: 1 }],
      vulnerabilities: [{ name: 'CVE-2019-10906' }],
      jobIDs: ['j1'],
    });
  });

  it('takes an unknown severity for "Unknown" without a score', () => {
    const [chunk] = report([finding({ severity: 'Spicy' })]).parsed;
    expect(chunk?.vulnerabilities?.[0]).toMatchObject({ severity: 'Unknown', severityScore: 0 });
  });

  it.each([0, 1, 10, 300])('B28 %i findings are all there, each list within 30,000 bytes, with one end', (count) => {
    const findings = Array.from({ length: count }, (_, index) => finding({ id: `CVE-2026-${index}` }));
    const { parsed } = report(findings);
    const names = parsed.flatMap(({ vulnerabilities }) => vulnerabilities ?? []).map(({ name }) => name);
    expect(names).toEqual(findings.map(({ id }) => id));
    expect(parsed.map(({ paginationInfo }) => paginationInfo.chunkNumber)).toEqual(parsed.map((_, index) => index));
    expect(parsed.map(({ paginationInfo }) => paginationInfo.isLastChunk)).toEqual(
      parsed.map((_, index) => index === parsed.length - 1),
    );
    expect(parsed.map(({ summary }) => summary !== undefined)).toEqual(parsed.map((_, index) => index === 0));
    for (const { vulnerabilities } of parsed) {
      expect(Buffer.byteLength(`${JSON.stringify(vulnerabilities)}\n`)).toBeLessThanOrEqual(30_000);
    }
  });

  it('B28 a finding that is too long is a chunk of its own, uncut', () => {
    const description = 'x'.repeat(40_000);
    const { parsed } = report([finding(), finding({ id: 'CVE-2026-long', description }), finding()]);
    const chunk = parsed.find(({ vulnerabilities }) => vulnerabilities?.some(({ name }) => name === 'CVE-2026-long'));
    expect(chunk?.vulnerabilities).toHaveLength(1);
    expect(chunk?.vulnerabilities?.[0]?.description).toBe(description);
  });
});
