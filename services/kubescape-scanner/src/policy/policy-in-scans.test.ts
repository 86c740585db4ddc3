import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { namespace, pod, until } from '@kso/testkit';
import { type KubeObject, PostureReport } from '@kso/wire';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { type FakeSource, fakeSource } from '../testing/fake-source.ts';
import { type ScannerUnderTest, startScanner } from '../testing/scanner.ts';
import type { EndpointAnswer, PolicyEndpoint } from './policy-endpoint.ts';

const running: ScannerUnderTest[] = [];
afterEach(async () => {
  for (const scanner of running.splice(0)) await scanner.stop();
});

const privileged = { securityContext: { privileged: true } };
const objects = [pod({ name: 'bad', namespace: 'shop', container: privileged }), namespace('shop')];

async function start(options: Partial<Parameters<typeof startScanner>[0]> & { source?: FakeSource } = {}) {
  const scanner = await startScanner({ source: fakeSource(objects), ...options });
  running.push(scanner);
  return scanner;
}

async function scan(scanner: ScannerUnderTest, body: object = {}): Promise<PostureReport> {
  const response = await scanner.fetch('/v1/scan?wait=true', { method: 'POST', body: JSON.stringify(body) });
  const { response: answer } = (await response.json()) as { response: unknown };
  if (response.status !== 200) throw new Error(String(answer));
  return PostureReport.parse(answer);
}

const exception = (controlID: string) => ({
  name: `ignore-${controlID}`,
  policyType: 'postureExceptionPolicy',
  actions: ['alertOnly'],
  resources: [{ designatorType: 'Attributes', attributes: { namespace: 'shop', kind: 'Pod' } }],
  posturePolicies: [{ controlID }],
});

const failed = (report: PostureReport, control: string): number | undefined =>
  report.summaryDetails.controls[control]?.ResourceCounters.failedResources;

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'kso-policy-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** An endpoint that keeps exceptions, and can be made to fail. */
function endpointWith(exceptions: readonly object[]): PolicyEndpoint & { answer: EndpointAnswer } {
  const endpoint = {
    answer: { type: 'found', document: exceptions } as EndpointAnswer,
    get: async (route: string): Promise<EndpointAnswer> =>
      route === '/api/v1/controlExceptions' || endpoint.answer.type === 'failed' ? endpoint.answer : { type: 'absent' },
  };
  return endpoint;
}

describe('exceptions', () => {
  it('of a file are in force, and change what is stored when the file changes', async () => {
    const file = path.join(folder(), 'exceptions.json');
    writeFileSync(file, JSON.stringify([exception('C-0057')]));
    const scanner = await start({ overrides: { policy: { exceptions: file, refresh: '10ms' } } });
    expect(failed(await scan(scanner), 'C-0057')).toBe(0);
    const changed = new Promise<void>((resolve) => {
      scanner.scanner.onResult((event) => event.type === 'change' && resolve());
    });
    writeFileSync(file, '[]');
    await changed;
    await until('the control fails again', async () => failed(await scan(scanner), 'C-0057') === 1);
  });

  it('of a file that is wrong fail the scan with what is wrong', async () => {
    const file = path.join(folder(), 'exceptions.json');
    writeFileSync(file, JSON.stringify([{ ...exception('C-0057'), resources: [] }]));
    const scanner = await start({ overrides: { policy: { exceptions: file } } });
    await expect(scan(scanner)).rejects.toThrow(/the policy cannot be used: .*exceptions.json: resources/);
  });

  it('of the CloudEndpoint are in force, also when it has gone away, and then the scan says so', async () => {
    const policyEndpoint = endpointWith([exception('C-0057')]);
    const overrides = { dataDir: folder(), policy: { refresh: '10ms' } };
    const scanner = await start({ policyEndpoint, overrides });
    const report = await scan(scanner);
    expect(failed(report, 'C-0057')).toBe(0);
    expect(report.scanCoverage.policyDegradations).toEqual([]);

    policyEndpoint.answer = { type: 'failed', problem: 'HTTP 503' };
    const degraded = await until('the degradation', async () => {
      const later = await scan(scanner);
      return later.scanCoverage.policyDegradations.length > 0 && later;
    });
    expect(failed(degraded, 'C-0057')).toBe(0);
    expect(degraded.scanCoverage.degraded).toBe(true);
    expect(degraded.scanCoverage.policyDegradations).toContainEqual({
      component: 'exceptions of the CloudEndpoint',
      reason: expect.stringMatching(/^HTTP 503; the answer of .* counts$/),
    });

    // A scanner that starts while the endpoint is away judges by the same.
    await scanner.stop();
    running.length = 0;
    expect(failed(await scan(await start({ policyEndpoint, overrides })), 'C-0057')).toBe(0);
  });

  it('of the CloudEndpoint that are wrong degrade the scan, and the others count', async () => {
    const policyEndpoint = endpointWith([exception('C-0057'), { ...exception('C-0013'), posturePolicies: [] }]);
    const report = await scan(await start({ policyEndpoint }));
    expect(failed(report, 'C-0057')).toBe(0);
    expect(report.scanCoverage.policyDegradations).toContainEqual({
      component: expect.stringContaining('ignore-C-0013'),
      reason: expect.stringContaining('posturePolicies'),
    });
  });

  it('of a request take the place of those of files and account, for this scan', async () => {
    const policyEndpoint = endpointWith([exception('C-0057')]);
    const scanner = await start({ policyEndpoint });
    const own = await scan(scanner, { exceptions: [exception('C-0013')] });
    expect([failed(own, 'C-0057'), failed(own, 'C-0013')]).toEqual([1, 0]);
    const usual = await scan(scanner);
    expect([failed(usual, 'C-0057'), failed(usual, 'C-0013')]).toEqual([0, 1]);
  });

  it('B14 with a selector that matches no namespace have no effect', async () => {
    const custom = (team: string): KubeObject => ({
      apiVersion: 'kubescape.io/v1beta1',
      kind: 'ClusterSecurityException',
      metadata: { name: 'pay-privileged' },
      spec: {
        match: { namespaceSelector: { matchLabels: { team } } },
        posture: [{ controlID: 'C-0057', action: 'ignore' }],
      },
    });
    const labelled = [objects[0] ?? pod(), namespace('shop', { team: 'payments' })];
    const typo = await start({ source: fakeSource([...labelled, custom('paymnets')]) });
    const report = await scan(typo);
    expect(failed(report, 'C-0057')).toBe(1);
    expect(report.exceptionAudit?.exceptions).toMatchObject([
      { id: 'ClusterSecurityException pay-privileged', status: 'unused', problem: expect.stringMatching(/namespace/) },
    ]);
    const right = await start({ source: fakeSource([...labelled, custom('payments')]) });
    const covered = await scan(right);
    expect(covered.summaryDetails.controls['C-0057']).toMatchObject({
      statusInfo: { status: 'passed', subStatus: 'w/exceptions' },
      subStatusCounters: { ignoredResources: 1 },
    });
    expect(covered.exceptionAudit?.exceptions).toMatchObject([{ status: 'applied', resources: 1, findings: 1 }]);
    const [control] = covered.results
      .flatMap(({ controls }) => controls)
      .filter(({ controlID, status }) => controlID === 'C-0057' && status.subStatus === 'w/exceptions');
    expect(control?.rules[0]?.exception).toMatchObject([{ name: 'pay-privileged' }]);
  });

  it('of objects count, and are asked for, unless they are switched off', async () => {
    const source = fakeSource([
      ...objects,
      {
        apiVersion: 'kubescape.io/v1beta1',
        kind: 'SecurityException',
        metadata: { name: 'privileged', namespace: 'shop' },
        spec: { posture: [{ controlID: 'C-0057', action: 'ignore' }] },
      },
    ]);
    expect(failed(await scan(await start({ source })), 'C-0057')).toBe(0);
    source.forbid('kubescape.io/ClusterSecurityException');
    const off = await scan(await start({ source, overrides: { policy: { fromObjects: false } } }));
    expect(failed(off, 'C-0057')).toBe(1);
    expect(off.scanCoverage.failedGVRPulls).toEqual([]);
  });

  it('B14 that may not be read are no "none": the scan is degraded', async () => {
    const source = fakeSource(objects);
    source.forbid('kubescape.io/ClusterSecurityException');
    const { scanCoverage } = await scan(await start({ source }));
    expect(scanCoverage.degraded).toBe(true);
    expect(scanCoverage.failedGVRPulls.map(({ gvr }) => gvr)).toEqual([
      'kubescape.io/v1beta1/clustersecurityexceptions',
    ]);
  });
});

describe('frameworks and control inputs', () => {
  const own = { name: 'House rules', version: '2', controlsIDs: ['C-0057', 'C-0013'] };

  it('of files can be asked for, are summed up, and show which inputs counted', async () => {
    const files = folder();
    const [framework, inputs] = ['framework.json', 'inputs.json'].map((name) => path.join(files, name));
    writeFileSync(framework ?? '', JSON.stringify(own));
    writeFileSync(inputs ?? '', JSON.stringify({ insecureCapabilities: ['NET_BIND_SERVICE'] }));
    const adds = { securityContext: { capabilities: { add: ['NET_BIND_SERVICE'] } } };
    const scanner = await start({
      source: fakeSource([...objects, pod({ name: 'binds', namespace: 'shop', container: adds })]),
      overrides: { policy: { frameworks: [framework], controlInputs: inputs } },
    });
    const everything = await scan(scanner);
    expect(failed(everything, 'C-0046')).toBe(1);
    expect(everything.metadata.scanMetadata.controlsInputs).toBe(`file ${inputs}`);
    const rule = everything.results.flatMap(({ controls }) => controls).find(({ controlID }) => controlID === 'C-0046')
      ?.rules[0];
    expect(rule?.controlConfigurations).toEqual({ insecureCapabilities: ['NET_BIND_SERVICE'] });
    expect(everything.summaryDetails.frameworks.map(({ name }) => name)).toContain('House rules');

    const report = await scan(scanner, { targetType: 'framework', targetNames: ['house rules'] });
    expect(Object.keys(report.summaryDetails.controls).toSorted()).toEqual(['C-0013', 'C-0057']);
  });

  it('of a file that names unknown controls fail the scan', async () => {
    const file = path.join(folder(), 'framework.json');
    writeFileSync(file, JSON.stringify({ ...own, controlsIDs: ['C-0057', 'C-9999'] }));
    await expect(scan(await start({ overrides: { policy: { frameworks: [file] } } }))).rejects.toThrow(/C-9999/);
  });
});

describe('the ControlInput object of the cluster', () => {
  const adds = { securityContext: { capabilities: { add: ['CHOWN'] } } };
  const pods = [pod({ name: 'chown', namespace: 'shop', container: adds }), namespace('shop')];
  const inputs = (controls: object, name = 'default'): KubeObject => ({
    apiVersion: 'kubescape.io/v1',
    kind: 'ControlInput',
    metadata: { name },
    spec: { controls },
  });

  it('counts before the built-in lists, is named in the report, and re-evaluates when it changes', async () => {
    const source = fakeSource([...pods, inputs({ insecureCapabilities: ['SYS_ADMIN'] }, 'other')]);
    const scanner = await start({ source });
    expect(failed(await scan(scanner), 'C-0046')).toBe(0);
    const changed = new Promise<readonly string[]>((resolve) => {
      scanner.scanner.onResult(
        (event) => event.type === 'change' && resolve(event.changed.map(({ resourceId }) => resourceId)),
      );
    });
    source.emit({ type: 'added', object: inputs({ insecureCapabilities: ['CHOWN'] }) });
    expect(await changed).toEqual(['/v1/shop/Pod/chown']);
    const report = await scan(scanner);
    expect(failed(report, 'C-0046')).toBe(1);
    expect(report.metadata.scanMetadata.controlsInputs).toBe('ControlInput default');
    expect(report.resources.map(({ resourceID }) => resourceID).join()).not.toContain('ControlInput');
    source.emit({ type: 'deleted', object: inputs({}) });
    await until('the built-in list', async () => failed(await scan(scanner), 'C-0046') === 0);
  });

  it('counts after a file and the account', async () => {
    const file = path.join(folder(), 'inputs.json');
    writeFileSync(file, JSON.stringify({ insecureCapabilities: ['NET_RAW'] }));
    const source = fakeSource([
      ...pods,
      inputs({ insecureCapabilities: ['CHOWN'], max_critical_vulnerabilities: [3] }),
    ]);
    const report = await scan(await start({ source, overrides: { policy: { controlInputs: file } } }));
    expect(failed(report, 'C-0046')).toBe(0);
    expect(report.metadata.scanMetadata.controlsInputs).toBe(`file ${file}, ControlInput default`);
    const settings = { settings: { postureControlInputs: { insecureCapabilities: ['NET_RAW'] } } };
    const policyEndpoint: PolicyEndpoint = {
      get: async (route) =>
        route === '/api/v1/customerConfig' ? { type: 'found', document: settings } : { type: 'absent' },
    };
    expect(failed(await scan(await start({ source, policyEndpoint })), 'C-0046')).toBe(0);
  });

  it.each([
    [inputs({ insecureCapabilities: 'CHOWN' }), 'control input insecureCapabilities: it is no list of texts'],
    [inputs(['CHOWN']), 'control inputs are no map of lists'],
  ])('degrades the scan where it is wrong, and the next source counts', async (object, reason) => {
    const report = await scan(await start({ source: fakeSource([...pods, object]) }));
    expect(failed(report, 'C-0046')).toBe(0);
    expect(report.scanCoverage.policyDegradations).toEqual([
      { component: 'control inputs of ControlInput default', reason },
    ]);
  });

  it('degrades the scan where it may not be read, and is not asked for where it is switched off', async () => {
    const source = fakeSource([...pods, inputs({ insecureCapabilities: ['CHOWN'] })]);
    source.forbid('kubescape.io/ControlInput');
    const degraded = await scan(await start({ source }));
    expect(degraded.scanCoverage.failedGVRPulls.map(({ gvr }) => gvr)).toEqual(['kubescape.io/v1/controlinputs']);
    const off = await scan(await start({ source, overrides: { policy: { inputsFromObjects: false } } }));
    expect(off.scanCoverage.failedGVRPulls).toEqual([]);
    expect(failed(off, 'C-0046')).toBe(0);
  });
});
