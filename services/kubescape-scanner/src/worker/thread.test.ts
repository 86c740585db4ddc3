import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deployment, pod, until } from '@kso/testkit';
import { type KubeObject, PostureReport } from '@kso/wire';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ScannerEvent } from '../service.ts';
import { type ScannerUnderTest, startScanner } from '../testing/scanner.ts';

const privileged = { securityContext: { privileged: true } };
let folder = '';
let running: ScannerUnderTest | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, ...objects: readonly unknown[]): void =>
  writeFileSync(path.join(folder, name), objects.map((object) => JSON.stringify(object)).join('\n---\n'));

async function start(): Promise<ScannerUnderTest> {
  running = await startScanner({ overrides: { source: { type: 'manifests', path: folder } } });
  return running;
}

async function scan(scanner: ScannerUnderTest): Promise<PostureReport> {
  const response = await scanner.fetch('/v1/scan?wait=true', { method: 'POST' });
  return PostureReport.parse(((await response.json()) as { response: unknown }).response);
}

const shopPod = (name: string, container = {}): KubeObject => pod({ name, namespace: 'shop', container });

describe('the scanner on a thread of its own', () => {
  it('scans a folder of manifests, and says where each object stands', async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-manifests-'));
    write('web.yaml', deployment({ name: 'web', namespace: 'shop' }), shopPod('bad', privileged));
    writeFileSync(path.join(folder, 'broken.yaml'), 'kind: [unclosed');
    const report = await scan(await start());
    expect(report.results).toHaveLength(2);
    expect(report.resources.map(({ source, object }) => [source?.relativePath, object['sourcePath']])).toEqual([
      ['web.yaml', 'web.yaml:0'],
      ['web.yaml', 'web.yaml:1'],
    ]);
    expect(report.results[1]?.resourceID).toMatch(/^path=\d+\/api=\/v1\/shop\/Pod\/bad$/);
    expect(report.scanCoverage.policyDegradations).toContainEqual({
      component: expect.stringContaining('broken.yaml'),
      reason: expect.any(String),
    });
  });

  it('evaluates a changed file without a scan, and the other files not at all', async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-manifests-'));
    write('a.yaml', shopPod('a'));
    write('b.yaml', shopPod('b'));
    const scanner = await start();
    await until('first results', () => scanner.store.results.count('posture') === 2);
    const changes: (ScannerEvent & { type: 'change' })[] = [];
    scanner.scanner.onResult((event) => event.type === 'change' && changes.push(event));
    write('b.yaml', shopPod('b', privileged));
    const [change] = await until('the change', () => changes.length > 0 && changes);
    expect(change?.changed.map(({ name }) => name)).toEqual(['b']);
    expect(change?.changed[0]?.controls.find(({ controlId }) => controlId === 'C-0057')?.status).toBe('failed');
  });

  it('forgets a document that could not be read when it was repaired', async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-manifests-'));
    write('a.yaml', shopPod('a'));
    writeFileSync(path.join(folder, 'broken.yaml'), 'kind: [unclosed');
    const scanner = await start();
    const broken = expect.objectContaining({ component: expect.stringContaining('broken.yaml') });
    expect((await scan(scanner)).scanCoverage.policyDegradations).toContainEqual(broken);
    write('broken.yaml', shopPod('b'));
    await until('the repaired object', () => scanner.store.results.count('posture') === 2);
    expect((await scan(scanner)).scanCoverage.policyDegradations).not.toContainEqual(broken);
  });

  it('says that an empty folder is nothing to scan', async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-manifests-'));
    const scanner = await start();
    const reason = await until('the failure', () => scanner.scanner.notReady?.());
    expect(reason).toBeDefined();
    const ready = await until('the reason', async () => {
      const text = await (await scanner.fetch('/readyz')).text();
      return /nothing to scan|no manifests|empty/i.test(text) && text;
    });
    expect(ready).toContain('kubescape-scanner');
  });

  // An API server that takes requests and never answers.
  it.each(['at once', 'in the middle of reading'])('ends its thread when it is stopped %s', async (when) => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-kubeconfig-'));
    const asked = Promise.withResolvers<void>();
    const apiServer = createServer(() => asked.resolve());
    onTestFinished(() => void apiServer.close());
    await once(apiServer.listen(0, '127.0.0.1'), 'listening');
    const kubeconfig = path.join(folder, 'config');
    writeFileSync(kubeconfig, kubeconfigOf(`http://127.0.0.1:${(apiServer.address() as AddressInfo).port}`));
    const scanner = await startScanner({ overrides: { source: { type: 'cluster', kubeconfig } } });
    if (when !== 'at once') await asked.promise;
    await scanner.stop();
    expect(scanner.scanner.notReady?.()).toBe('the evaluation is starting');
  });
});

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    'current-context': 'silent',
    contexts: [{ name: 'silent', context: { cluster: 'silent', user: 'silent' } }],
    clusters: [{ name: 'silent', cluster: { server } }],
    users: [{ name: 'silent', user: {} }],
  });
}
