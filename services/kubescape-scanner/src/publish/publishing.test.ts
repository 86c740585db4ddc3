import { createMemoryStore, type Store } from '@kso/store';
import { deployment, pod, until } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { PostureReport } from '@kso/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { type ScannerUnderTest, startScanner } from '../testing/scanner.ts';
import { postureResultKind } from './publisher.ts';

const running: ScannerUnderTest[] = [];
afterEach(async () => {
  for (const scanner of running.splice(0)) await scanner.stop();
});

async function start(options: Parameters<typeof startScanner>[0]): Promise<ScannerUnderTest> {
  const scanner = await startScanner(options);
  running.push(scanner);
  return scanner;
}

const podId = (name: string): string => `/v1/shop/Pod/${name}`;
const shopPod = (name: string, image = 'registry.example.com/app:1'): KubeObject =>
  pod({ name, namespace: 'shop', image });

function reports(store: Store): PostureReport[] {
  const found: PostureReport[] = [];
  for (
    let next = store.outbox.due(Number.MAX_SAFE_INTEGER, 1)[0];
    next;
    next = store.outbox.due(Number.MAX_SAFE_INTEGER, 1)[0]
  ) {
    expect(next.path).toBe('/k8s/v2/postureReport');
    found.push(PostureReport.parse(JSON.parse(next.body)));
    store.outbox.delivered(next.id);
  }
  return found;
}

async function scan(scanner: ScannerUnderTest, body = ''): Promise<PostureReport> {
  const response = await scanner.fetch('/v1/scan?wait=true', { method: 'POST', body });
  return PostureReport.parse(((await response.json()) as { response: unknown }).response);
}

const storedIds = (store: Store): string[] =>
  store.results.list(postureResultKind, { limit: 100 }).map(({ key }) => key);

describe('continuous evaluation', () => {
  it('stores the first state without a report, then reports each change alone', async () => {
    const source = fakeSource([shopPod('a'), shopPod('b')]);
    const { store } = await start({ source });
    await until('a write to the store', () => storedIds(store).length === 2, { every: 5 });
    expect(reports(store)).toEqual([]);

    source.emit({ type: 'modified', object: shopPod('b', 'registry.example.com/app:2') });
    source.emit({ type: 'added', object: shopPod('c') });
    await until('a write to the store', () => store.outbox.stats().queued > 0, { every: 5 });
    const [report, ...others] = reports(store);
    expect(others).toEqual([]);
    expect(report?.delta).toEqual({ deletedResourceIDs: [] });
    expect(report?.results.map(({ resourceID }) => resourceID)).toEqual([podId('b'), podId('c')]);
    expect(report?.summaryDetails.ResourceCounters.failedResources).toBe(3);

    source.emit({ type: 'deleted', object: shopPod('a') });
    await until('a write to the store', () => store.outbox.stats().queued > 0, { every: 5 });
    expect(reports(store)[0]?.delta).toEqual({ deletedResourceIDs: [podId('a')] });
    expect(storedIds(store)).toEqual([podId('b'), podId('c')]);
  });

  it('tells nothing of namespaces that the configuration leaves out, and its scans are complete reports', async () => {
    const secret = (image?: string) => pod({ name: 'x', namespace: 'bank', ...(image === undefined ? {} : { image }) });
    const source = fakeSource([shopPod('a'), secret()]);
    const scanner = await start({ source, overrides: { excludeNamespaces: ['bank'] } });
    const [complete, ...parts] = await scan(scanner).then(() => reports(scanner.store));
    expect(parts).toEqual([]);
    expect(complete?.delta).toBeUndefined();
    expect(complete?.results.map(({ resourceID }) => resourceID)).toEqual([podId('a')]);

    source.emit({ type: 'modified', object: secret('registry.example.com/app:2') });
    source.emit({ type: 'added', object: shopPod('b') });
    await until('a write to the store', () => scanner.store.outbox.stats().queued > 0, { every: 5 });
    const told = reports(scanner.store);
    expect(told.flatMap(({ results }) => results.map(({ resourceID }) => resourceID))).toEqual([podId('b')]);
    expect(told.at(-1)?.summaryDetails.ResourceCounters.failedResources).toBe(2);
  });

  it('says nothing when an object changes in a way that no control and no report can see', async () => {
    const source = fakeSource([shopPod('a')]);
    const { store, scanner } = await start({ source });
    await until('a write to the store', () => storedIds(store).length === 1, { every: 5 });
    let changes = 0;
    scanner.onResult((event) => {
      if (event.type === 'change') changes++;
    });
    const seen = new Promise<void>((resolve) => {
      scanner.onResult((event) => event.type === 'state' && resolve());
    });
    source.emit({ type: 'modified', object: { ...shopPod('a'), status: { phase: 'Running' } } });
    await seen;
    expect(changes).toBe(0);
  });

  it('after a restart tells only what has changed meanwhile', async () => {
    const store = createMemoryStore({});
    const first = await start({ source: fakeSource([shopPod('a'), shopPod('b'), shopPod('c')]), store });
    await until('a write to the store', () => storedIds(store).length === 3, { every: 5 });
    await first.stop();
    running.length = 0;

    await start({ source: fakeSource([shopPod('a'), shopPod('b', 'registry.example.com/app:2')]), store });
    await until('a write to the store', () => store.outbox.stats().queued > 0, { every: 5 });
    const [report] = reports(store);
    expect(report?.results.map(({ resourceID }) => resourceID)).toEqual([podId('b')]);
    expect(report?.delta?.deletedResourceIDs).toEqual([podId('c')]);
  });

  it('keeps results that the store refuses, and stores them when it takes them again', async () => {
    const store = createMemoryStore({});
    let isFull = true;
    const source = fakeSource([shopPod('a')]);
    const refusing: Store = {
      ...store,
      transaction: (fn) => {
        if (isFull) throw new Error('disk full');
        return store.transaction(fn);
      },
    };
    const refused = Promise.withResolvers<void>();
    const { scanner } = await start({ source, store: refusing, overrides: { continuous: { retry: '10ms' } } });
    scanner.onResult((event) => event.type === 'state' && event.state.phase === 'watching' && refused.resolve());
    await refused.promise;
    expect(storedIds(store)).toEqual([]);
    isFull = false;
    await until('a write to the store', () => storedIds(store).length === 1, { every: 5 });
  });
});

describe('a full scan', () => {
  it('is posted in numbered parts below the limit, all with the summary', async () => {
    const objects = Array.from({ length: 30 }, (_, index) => shopPod(`p${index}`));
    const scanner = await start({ source: fakeSource(objects), overrides: { report: { partSize: 20_000 } } });
    await scan(scanner);
    const parts = reports(scanner.store);
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.map(({ paginationInfo }) => paginationInfo)).toEqual(
      parts.map((_, chunkNumber) => ({ chunkNumber, isLastChunk: chunkNumber === parts.length - 1 })),
    );
    expect(new Set(parts.map(({ reportGUID }) => reportGUID)).size).toBe(1);
    expect(parts.flatMap(({ results }) => results)).toHaveLength(30);
    expect(parts.flatMap(({ resources }) => resources)).toHaveLength(30);
    expect(parts.every(({ delta }) => delta === undefined)).toBe(true);
    expect(parts.every(({ summaryDetails }) => summaryDetails.ResourceCounters.failedResources === 30)).toBe(true);
    expect(parts.flatMap(({ results }) => results).every(({ rawResource }) => rawResource !== undefined)).toBe(true);
  });

  it('of a part of the controls is posted as a report that says nothing about the others', async () => {
    const scanner = await start({ source: fakeSource([shopPod('a')]) });
    const body = JSON.stringify({ targetType: 'control', targetNames: ['C-0017'] });
    await scan(scanner, body);
    expect(reports(scanner.store).map(({ delta }) => delta)).toEqual([{ deletedResourceIDs: [] }]);
  });

  it.each([{ submit: false }, { keepLocal: true }])('stays here with %j', async (request) => {
    const scanner = await start({ source: fakeSource([deployment()]) });
    await scan(scanner, JSON.stringify(request));
    expect(reports(scanner.store)).toEqual([]);
  });

  it('B10 names the kinds that are forbidden, and the controls that need them are not evaluated', async () => {
    const source = fakeSource([pod({ name: 'p', namespace: 'shop', spec: { serviceAccountName: 'powerful' } })]);
    source.forbid(
      'rbac.authorization.k8s.io/RoleBinding',
      'rbac.authorization.k8s.io/ClusterRoleBinding',
      'rbac.authorization.k8s.io/ClusterRole',
    );
    const scanner = await start({ source });
    const report = await scan(scanner);
    const takeover = report.summaryDetails.controls['C-0267'];
    expect(takeover?.statusInfo).toMatchObject({ status: 'skipped', subStatus: 'notEvaluated' });
    const gap = report.scanCoverage.notEvaluatedControls.find(({ controlID }) => controlID === 'C-0267');
    expect(gap?.missingGVRs).toEqual(
      ['rolebindings', 'clusterrolebindings', 'clusterroles'].map((name) => `rbac.authorization.k8s.io/v1/${name}`),
    );
    expect(report.scanCoverage.failedGVRPulls).toHaveLength(3);
    expect(report.scanCoverage.degraded).toBe(true);
    expect(report.summaryDetails.controls['C-0057']?.statusInfo).toEqual({ status: 'passed' });
  });
});
