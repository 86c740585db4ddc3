import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { answers } from '../api/openapi.ts';
import { startTestEndpoint } from '../testing/endpoint.ts';
import { containerScan, scanFailure } from '../testing/reports.ts';

const route = '/k8s/v2/containerScan';
type Images = z.output<(typeof answers)['/api/clusters/{cluster}/images']>;
type Vulnerabilities = z.output<(typeof answers)['/api/clusters/{cluster}/vulnerabilities']>;

let endpoint: ReturnType<typeof startTestEndpoint>;
beforeEach(() => {
  endpoint = startTestEndpoint();
});
afterEach(() => endpoint.stop());

const images = async (query = '') =>
  (JSON.parse((await endpoint.get(`/api/clusters/minikube/images?${query}`)).text) as Images).items;
const vulnerabilities = async (query = '') =>
  (JSON.parse((await endpoint.get(`/api/clusters/minikube/vulnerabilities?${query}`)).text) as Vulnerabilities).items;
async function send(path: string, report: object) {
  expect(await endpoint.post(path, report)).toMatchObject({ status: 200 });
}

describe('container scans', () => {
  it('with numbers that nobody can keep are taken, and their time is no later than their arrival', async () => {
    for (const [index, timestamp] of [1e300, 1_795_946_400.1234, -5].entries()) {
      const report = containerScan({ scanId: `odd-${index}`, timestamp });
      const summary = { ...report.summary, imageManifest: { architecture: 'amd64', os: 'linux', size: 1e300 } };
      await send(route, { ...report, summary });
    }
    await send('/k8s/v2/scanFailure', { ...scanFailure({ time: '2999-01-01T00:00:00Z' }), failureCase: 1.5 });
    expect((await images()).map(({ state }) => state).sort()).toEqual(['notEvaluated', 'scanned']);
  });

  it('keep findings per image and the workload that runs it', async () => {
    const database = { built: '2026-11-29T04:00:00Z', label: 'sample' };
    const found = [
      { name: 'CVE-2026-1', severity: 'Critical', fixedIn: '3.0.2' },
      { name: 'CVE-2026-2', severity: 'Low' },
    ];
    await send(route, containerScan({ vulnerabilities: found, database }));
    expect(await images()).toMatchObject([
      {
        key: `sha256:${'a1'.repeat(32)}`,
        reference: 'docker.io/library/web:1.4',
        state: 'scanned',
        platform: 'linux/amd64',
        database,
        vulnerabilities: { critical: 1, low: 1, high: 0 },
        fixable: 1,
        workloads: [{ namespace: 'shop', kind: 'deployment', name: 'web', container: 'web' }],
      },
    ]);
    expect(await vulnerabilities()).toMatchObject([
      {
        name: 'CVE-2026-1',
        severity: 'Critical',
        package: 'openssl',
        fixState: 'fixed',
        fixedIn: '3.0.2',
        link: 'https://nvd.nist.gov/vuln/detail/CVE-2026-1',
      },
      { name: 'CVE-2026-2', severity: 'Low', fixedIn: '' },
    ]);
  });

  it('take chunks in any order and count as scanned when all are there', async () => {
    const second = containerScan({ part: [1, true], withSummary: false, vulnerabilities: [{ name: 'CVE-2' }] });
    await send(route, second);
    expect(await images()).toMatchObject([{ state: 'incomplete', vulnerabilities: { high: 1 } }]);
    await send(route, containerScan({ part: [0, false], vulnerabilities: [{ name: 'CVE-1' }] }));
    expect(await images()).toMatchObject([{ state: 'scanned', vulnerabilities: { high: 2 } }]);
  });

  it('drop findings that a newer complete scan does not repeat, and keep since when the others are known', async () => {
    await send(
      route,
      containerScan({
        scanId: 'one',
        timestamp: 1_795_000_000,
        vulnerabilities: [{ name: 'CVE-1' }, { name: 'CVE-2' }],
      }),
    );
    await send(
      route,
      containerScan({
        scanId: 'two',
        timestamp: 1_795_100_000,
        vulnerabilities: [{ name: 'CVE-2' }, { name: 'CVE-3' }],
      }),
    );
    const found = await vulnerabilities();
    expect(found.map(({ name, firstSeen }) => [name, Date.parse(firstSeen) / 1000])).toEqual([
      ['CVE-2', 1_795_000_000],
      ['CVE-3', 1_795_100_000],
    ]);
    await send(
      route,
      containerScan({ scanId: 'zero', timestamp: 1_794_000_000, vulnerabilities: [{ name: 'CVE-9' }] }),
    );
    expect((await vulnerabilities()).map(({ name }) => name)).toEqual(['CVE-2', 'CVE-3']);
  });

  it('do not let an older scan change what a newer one, of which parts are missing, has said', async () => {
    const [newer, older] = [
      { scanId: 'new', timestamp: 1_795_100_000 },
      { scanId: 'old', timestamp: 1_795_000_000 },
    ];
    await send(
      route,
      containerScan({ ...newer, part: [0, false], vulnerabilities: [{ name: 'CVE-1', severity: 'Critical' }] }),
    );
    await send(route, containerScan({ ...older, vulnerabilities: [{ name: 'CVE-1', severity: 'Low' }] }));
    expect(await vulnerabilities()).toMatchObject([{ name: 'CVE-1', severity: 'Critical' }]);
  });

  it('know one image under two names and in two workloads', async () => {
    await send(route, containerScan({ scanId: 'a', vulnerabilities: [{ name: 'CVE-1' }] }));
    await send(
      route,
      containerScan({
        scanId: 'b',
        tag: 'docker.io/library/web:latest',
        workload: { name: 'canary' },
        vulnerabilities: [{ name: 'CVE-1' }],
      }),
    );
    const [image, ...others] = await images();
    expect(others).toEqual([]);
    expect(image?.workloads.map(({ name }) => name)).toEqual(['canary', 'web']);
    expect(await vulnerabilities()).toHaveLength(1);
  });

  it('follow a container to its new image', async () => {
    await send(route, containerScan({ scanId: 'a', timestamp: 1_795_000_000 }));
    await send(
      route,
      containerScan({ scanId: 'b', timestamp: 1_795_000_100, tag: 'docker.io/library/web:2', hash: '' }),
    );
    const byReference = new Map((await images()).map((image) => [image.reference, image.workloads.length]));
    expect(byReference).toEqual(
      new Map([
        ['docker.io/library/web:1.4', 0],
        ['docker.io/library/web:2', 1],
      ]),
    );
  });

  it('show accepted findings without counting them', async () => {
    await send(route, containerScan({ vulnerabilities: [{ name: 'CVE-1', exceptions: [{ name: 'agreed' }] }] }));
    expect(await images()).toMatchObject([{ vulnerabilities: { high: 0 } }]);
    expect(await vulnerabilities()).toMatchObject([{ name: 'CVE-1', isAccepted: true }]);
  });

  it('make no link of what is no web address', async () => {
    await send(route, containerScan({ vulnerabilities: [{ name: 'CVE-1', link: 'javascript:alert(1)' }] }));
    expect(await vulnerabilities()).toMatchObject([{ link: '' }]);
  });

  it('are refused when they name no image', async () => {
    const report = containerScan({ tag: '', hash: '' });
    expect(await endpoint.post(route, report)).toMatchObject({
      status: 400,
      body: expect.stringContaining('names no image'),
    });
  });

  it('are found by severity, text, image and fix', async () => {
    const found = [
      { name: 'CVE-1', severity: 'Critical', package: 'zlib' },
      { name: 'CVE-2', severity: 'Medium', package: 'openssl', fixedIn: '4' },
    ];
    await send(route, containerScan({ vulnerabilities: found }));
    const names = async (query: string) => (await vulnerabilities(query)).map(({ name }) => name);
    expect(await names('severity=high')).toEqual(['CVE-1']);
    expect(await names('text=OPENSSL')).toEqual(['CVE-2']);
    expect(await names('text=%25')).toEqual([]);
    expect(await names('fixable=true')).toEqual(['CVE-2']);
    expect(await names('image=sha256:00')).toEqual([]);
    expect(await names(`image=sha256:${'a1'.repeat(32)}`)).toEqual(['CVE-1', 'CVE-2']);
  });

  it('come in pages that neither repeat nor miss a finding', async () => {
    const found = Array.from({ length: 23 }, (_, index) => ({
      name: `CVE-${index}`,
      severity: index % 2 === 0 ? 'High' : 'Low',
    }));
    await send(route, containerScan({ vulnerabilities: found }));
    const names: string[] = [];
    let after: string | undefined = '';
    while (after !== undefined) {
      const { text } = await endpoint.get(`/api/clusters/minikube/vulnerabilities?limit=5&after=${after}`);
      const page = JSON.parse(text) as Vulnerabilities;
      names.push(...page.items.map(({ name }) => name));
      after = page.next;
    }
    expect(names.toSorted()).toEqual(found.map(({ name }) => name).toSorted());
  });
});

describe('scan failures', () => {
  it('show an image as not evaluated with the reason', async () => {
    await send('/k8s/v2/scanFailure', scanFailure({ error: '401 from registry.example.com' }));
    expect(await images()).toMatchObject([
      {
        reference: 'registry.example.com/private/app:2',
        state: 'notEvaluated',
        failure: { reason: 'image_pull_failed', case: 1, error: '401 from registry.example.com' },
        workloads: [{ name: 'web' }],
      },
    ]);
  });

  it('keep the findings of the scan before, and are over with the next good one', async () => {
    const same = { tag: 'docker.io/library/web:1.4', hash: '' };
    const scan = (scanId: string, time: string) =>
      containerScan({ ...same, scanId, timestamp: Date.parse(time) / 1000, vulnerabilities: [{ name: 'CVE-1' }] });
    await send(route, scan('a', '2026-11-30T09:00:00Z'));
    await send('/k8s/v2/scanFailure', scanFailure({ tag: same.tag, time: '2026-11-30T10:00:00Z' }));
    expect(await images()).toMatchObject([{ state: 'notEvaluated', vulnerabilities: { high: 1 } }]);
    await send(route, scan('b', '2026-11-30T11:00:00Z'));
    expect(await images()).toMatchObject([{ state: 'scanned' }]);
  });
});
