import { createMemoryStore, openSqliteStore, type Store } from '@kso/store';
import { type ImageFinding, type ImageMatches, ImageScanRecord, imageScanRecordKind, type JsonValue } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { createExceptionBook, emptyBook } from '../exceptions/book.ts';
import { notEvaluated } from '../scanning/outcome.ts';
import { createRecorder, type ScanJob } from './recorder.ts';

const matches: ImageMatches = {
  digest: `sha256:${'a'.repeat(64)}`,
  platform: 'linux/amd64',
  size: 1,
  packages: 2,
  history: [],
  findings: [],
  alerts: [],
  engines: { sbom: 'v1.57.0', matcher: 'v0.121.2', mode: 'adaptive' },
  database: { built: '2026-11-01T00:00:00.000Z', schemaVersion: 'v6.1.10', digest: 'd1' },
};

function job(changes: Partial<ScanJob['payload']> = {}, jobId = 'j1'): ScanJob {
  return {
    jobId,
    parentId: 'p1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    payload: {
      imageTag: 'nginx:1',
      imageHash: '',
      wlid: 'wlid://cluster-c/namespace-n/pod-p',
      containerName: 'c',
      sessionJobIds: [],
      actionIDN: 0,
      ...changes,
    },
  };
}

describe.each([
  ['memory', () => createMemoryStore()],
  ['SQLite', () => openSqliteStore({ path: ':memory:' })],
])('recorder on %s', (_name, open: () => Store) => {
  function setUp(store = open(), reporting = true) {
    let reports = 0;
    const recorder = createRecorder({
      store,
      reporting,
      account: 'acc',
      now: () => Date.UTC(2026, 10, 30),
      onReport: () => {
        reports += 1;
      },
    });
    const queued = () => store.outbox.due(Number.MAX_SAFE_INTEGER, 100);
    const records = () =>
      store.results.list(imageScanRecordKind, { limit: 10 }).map(({ body }) => ImageScanRecord.parse(body));
    return { store, recorder, queued, records, reports: () => reports };
  }

  it('a job that runs again after a crash reports once', () => {
    const { recorder, queued, reports } = setUp();
    recorder.evaluated(job(), matches);
    recorder.evaluated(job(), matches);
    expect(queued()).toHaveLength(1);
    expect(reports()).toBe(1);
    expect(queued()[0]).toMatchObject({ jobId: 'j1', parentId: 'p1', traceparent: job().traceparent });
  });

  it('a match with another database that says the same is reported only when other exceptions cover the findings', () => {
    const store = open();
    const finding: ImageFinding = {
      id: 'CVE-1',
      severity: 'High',
      description: '',
      dataSource: '',
      related: [],
      cvss: [],
      package: { name: 'a', version: '1', type: 'deb', purl: 'pkg:deb/a@1' },
      fix: { state: 'unknown', versions: [] },
      fixKnown: false,
      matchType: '',
      locations: [],
    };
    const value = [{ name: 'p', actions: ['ignore'], vulnerabilities: [{ name: 'CVE-1' }] }];
    const accepted = createExceptionBook({
      now: 0,
      documents: [{ type: 'policies', source: 'account', origin: 'account', value }],
    });
    let book = emptyBook;
    const options = { store, account: 'acc', reporting: true, now: () => 0, onReport: () => undefined };
    const recorder = createRecorder({ ...options, exceptions: () => book });
    const queued = () => store.outbox.due(Number.MAX_SAFE_INTEGER, 100).length;
    const record = () => {
      const [stored] = store.results.list(imageScanRecordKind, { limit: 1 });
      const parsed = ImageScanRecord.parse(stored?.body);
      if (parsed.state !== 'evaluated') throw new Error('not evaluated');
      return parsed;
    };
    const found = { ...matches, findings: [finding] };
    recorder.evaluated(job(), found);
    const since = { databaseBuilt: found.database.built, matcher: found.engines.matcher };
    const again = (digest: string) => ({
      ...found,
      database: { ...found.database, digest },
      change: { since, appeared: [], disappeared: [], altered: [] },
    });
    recorder.rematched(record(), again('d2'));
    expect([queued(), record().findings]).toEqual([1, 1]);
    book = accepted;
    recorder.rematched(record(), again('d3'));
    expect([queued(), record().findings]).toEqual([2, 0]);
  });

  it('stores nothing when the report cannot be queued, so that the job can run again', () => {
    const store = open();
    const full: Store = {
      ...store,
      transaction: (fn) => store.transaction(fn),
      outbox: {
        ...store.outbox,
        put: () => {
          throw new Error('full');
        },
      },
    };
    const { recorder, records } = setUp(full);
    expect(() => recorder.evaluated(job(), matches)).toThrow('full');
    expect(records()).toEqual([]);
  });

  it('two workloads with one image are two answers; an image without a workload is one by its name', () => {
    const { recorder, queued, records } = setUp();
    recorder.evaluated(job(), matches);
    recorder.evaluated(job({ containerName: 'other' }), matches);
    recorder.evaluated(job({ wlid: '', containerName: '' }), matches);
    expect(records()).toHaveLength(3);
    expect(new Set(queued().map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3);
  });

  it('an image that was pushed anew under its tag is a new answer', () => {
    const { recorder, queued, records } = setUp();
    recorder.evaluated(job(), matches);
    recorder.evaluated(job(), { ...matches, digest: `sha256:${'b'.repeat(64)}` });
    expect(records()).toEqual([expect.objectContaining({ digest: `sha256:${'b'.repeat(64)}`, sequence: 2 })]);
    expect(queued()).toHaveLength(2);
  });

  it('each command is told of a failure, the same job once', () => {
    const { recorder, queued } = setUp();
    const failure = notEvaluated('unauthorized', 'no');
    recorder.notEvaluated(job({}, 'j1'), failure);
    recorder.notEvaluated(job({}, 'j1'), failure);
    recorder.notEvaluated(job({}, 'j2'), failure);
    expect(queued()).toHaveLength(2);
  });

  it('keeps results and queues nothing without a CloudEndpoint', () => {
    const { recorder, queued, records } = setUp(open(), false);
    recorder.evaluated(job(), matches);
    expect(records()).toHaveLength(1);
    expect(queued()).toEqual([]);
  });

  it('leaves what it stored readable', () => {
    const { recorder, store } = setUp();
    recorder.evaluated(job(), matches);
    const body: JsonValue | undefined = store.results.get(imageScanRecordKind, `${job().payload.wlid}|c`)?.body;
    expect(ImageScanRecord.parse(body)).toMatchObject({ state: 'evaluated', packages: 2, findings: 0 });
  });
});
