import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestEndpoint } from '../testing/endpoint.ts';
import { containerScan, postureReport } from '../testing/reports.ts';

function start() {
  const endpoint = startTestEndpoint();
  onTestFinished(() => endpoint.stop());
  const read = async (what: string) =>
    JSON.parse((await endpoint.get(`/api/clusters/minikube/${what}`)).text) as Record<string, unknown>;
  const posture = (report: Parameters<typeof postureReport>[0]) =>
    endpoint.post('/k8s/v2/postureReport', postureReport(report));
  const scan = (report: Parameters<typeof containerScan>[0]) =>
    endpoint.post('/k8s/v2/containerScan', containerScan(report));
  return { ...endpoint, read, posture, scan };
}

const privileged = { id: 'C-0057', name: 'Privileged container', scoreFactor: 8 };
const accepted = {
  ...privileged,
  status: 'passed' as const,
  subStatus: 'w/exceptions',
  messages: ['It is privileged.'],
  exceptions: [{ name: 'driver', reason: 'it drives', expirationDate: '2030-01-01T00:00:00Z', attributes: {} }],
};
const kubelet = { id: 'C-0069', name: 'Kubelet', status: 'skipped' as const, subStatus: 'integration' };

describe('GET /api/clusters/{cluster}/posture', () => {
  it('counts objects by control, and tells of frameworks, exceptions and the highest risk', async () => {
    const { posture, read } = start();
    await posture({
      objects: [
        { name: 'web', controls: [privileged, kubelet], risk: 12.5 },
        { name: 'driver', controls: [accepted, kubelet] },
        { name: 'quiet', controls: [{ ...privileged, status: 'passed' }], risk: 0 },
      ],
      more: {
        exceptionAudit: {
          exceptions: [
            { id: 'account: driver', source: 'account', status: 'applied', resources: 1, findings: 1 },
            {
              id: 'account: old',
              source: 'account',
              status: 'expired',
              resources: 0,
              findings: 0,
              problem: 'it ended',
            },
          ],
        },
        scanCoverage: { policyDegradations: [{ component: 'exceptions of the CloudEndpoint', reason: 'HTTP 503' }] },
        summaryDetails: {
          complianceScore: 61,
          frameworks: [{ name: 'nsa', status: 'failed', version: '1', complianceScore: 55.5, controls: {} }],
          controls: {
            'C-0057': { controlID: 'C-0057', name: 'Privileged container', status: 'failed', scoreFactor: 8 },
            'C-0069': { controlID: 'C-0069', name: 'Kubelet', status: 'skipped', scoreFactor: 7 },
          },
        },
      },
    });
    const answer = await read('posture');
    expect(answer).toMatchObject({
      state: { isComplete: true, complianceScore: 61 },
      frameworks: [{ name: 'nsa', complianceScore: 55.5 }],
      controls: [
        { controlId: 'C-0057', failedObjects: 1, acceptedObjects: 1, skippedObjects: 0 },
        { controlId: 'C-0069', failedObjects: 0, acceptedObjects: 0, skippedObjects: 2 },
      ],
      exceptions: [
        { id: 'account: driver', status: 'applied' },
        { status: 'expired', problem: 'it ended' },
      ],
      degradations: [{ component: 'exceptions of the CloudEndpoint' }],
    });
    expect(answer['prioritized']).toMatchObject([
      {
        name: 'web',
        priority: { score: 12.5, paths: [{ steps: [{ controlId: 'C-0057', category: 'Initial Access' }, {}] }] },
      },
    ]);
    const { items } = (await read('workloads?status=all&text=driver')) as { items: { controls: object[] }[] };
    expect(items[0]?.controls).toMatchObject([
      { controlId: 'C-0069' },
      {
        controlId: 'C-0057',
        messages: ['It is privileged.'],
        exceptions: [{ name: 'driver', reason: 'it drives', expires: '2030-01-01T00:00:00Z' }],
      },
    ]);
  });

  it('says that a report is not complete, and how much of it is here', async () => {
    const { posture, read } = start();
    await posture({ objects: [{ name: 'web', controls: [privileged] }], part: [2, true] });
    expect(await read('posture')).toMatchObject({ state: { isComplete: false, partsReceived: 1, partsExpected: 3 } });
  });

  it('takes a report whose additions have a form of their own', async () => {
    const { posture, read } = start();
    const more = { exceptionAudit: [1], results: [{ resourceID: 'x', controls: null, prioritizedResource: { a: 1 } }] };
    expect((await posture({ more })).status).toBe(200);
    expect(await read('posture')).toMatchObject({ prioritized: [], exceptions: [] });
  });
});

describe('GET /api/clusters/{cluster}/trends', () => {
  it('has the last state of each step; reports of single objects keep the score', async () => {
    const { posture, read, setTime } = start();
    setTime('2026-11-30T12:00:00Z');
    const object = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ name: `o${index}`, controls: [privileged] }));
    await posture({ guid: 'a', time: '2026-11-28T10:00:00Z', objects: object(3), complianceScore: 50 });
    await posture({ guid: 'b', time: '2026-11-30T09:00:00Z', objects: object(2), complianceScore: 70 });
    await posture({ guid: 'c', time: '2026-11-30T10:00:00Z', objects: object(3), deleted: [], complianceScore: 1 });
    expect(await read('trends')).toMatchObject({
      step: 'day',
      to: '2026-11-30T12:00:00.000Z',
      posture: [
        { at: '2026-11-28T10:00:00.000Z', complianceScore: 50, failures: { high: 3 } },
        { at: '2026-11-30T10:00:00.000Z', complianceScore: 70, failures: { high: 3 } },
      ],
    });
    const hours = await read('trends?step=hour&from=2026-11-30T00:00:00Z&to=2026-11-30T09:30:00Z');
    expect(hours).toMatchObject({ step: 'hour', posture: [{ complianceScore: 70, failures: { high: 2 } }] });
  });

  it('sums the vulnerabilities of all images, and tells what another database changed', async () => {
    const { scan, read } = start();
    const at = Date.parse('2026-11-29T10:00:00Z') / 1000;
    await scan({ timestamp: at, vulnerabilities: [{ name: 'CVE-1' }, { name: 'CVE-2', fixedIn: '2' }] });
    await scan({
      scanId: 'scan-2',
      timestamp: at + 86_400,
      vulnerabilities: [
        { name: 'CVE-2', fixedIn: '2' },
        { name: 'CVE-3', severity: 'Critical' },
      ],
      change: { appeared: ['CVE-3'], disappeared: ['CVE-1'] },
    });
    expect(await read('trends')).toMatchObject({
      vulnerabilities: [
        { images: 1, fixable: 1, counts: { critical: 0, high: 2 } },
        { images: 1, fixable: 1, counts: { critical: 1, high: 1 } },
      ],
    });
    expect(await read('images')).toMatchObject({
      items: [
        {
          change: {
            since: '2026-11-28T00:00:00Z',
            appeared: { total: 1, first: [{ name: 'CVE-3', package: 'openssl', version: '3.0.1' }] },
            disappeared: { total: 1 },
          },
        },
      ],
    });
  });
});

describe('POST /k8s/registryRepositories', () => {
  it('keeps the newest list of a registry', async () => {
    const endpoint = start();
    const send = (names: string[], query = 'registryName=harbor.example.com%2Fteam&jobID=j') =>
      endpoint.post(
        `/k8s/registryRepositories?${query}`,
        names.map((repositoryName) => ({ repositoryName })),
      );
    expect((await send(['team/api', 'team/web'])).status).toBe(200);
    expect((await send(['team/web', 'team/web'])).status).toBe(200);
    expect((await send(['team/web', 'team/web'])).headers['idempotent-replayed']).toBe('true');
    expect((await send(['x'], '')).status).toBe(400);
    expect((await endpoint.post('/k8s/registryRepositories?registryName=a', {})).status).toBe(400);
    const registries = JSON.parse((await endpoint.get('/api/registries')).text) as unknown;
    expect(registries).toMatchObject({ items: [{ name: 'harbor.example.com/team', repositories: 1, jobId: 'j' }] });
    const { text } = await endpoint.get('/api/registries/repositories?registry=harbor.example.com%2Fteam');
    expect(JSON.parse(text)).toEqual({ items: [{ name: 'team/web' }] });
  });
});
