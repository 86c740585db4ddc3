import { createMemoryStore, type Store } from '@kso/store';
import { describe, expect, it } from 'vitest';
import type { ReportPart } from '../scan/report-parts.ts';
import { openScanReport, pruneScanReports, scanReportKind } from './scan-report.ts';

const scanId = '6f1c3a52-0000-4000-8000-000000000001';
const part = (index: number, isLast = false): ReportPart => ({
  index,
  isLast,
  body: new TextEncoder().encode(`{"part":${index}}`),
});
const open = (store: Store, now = 1000) => openScanReport(store, { clusterName: 'c' }, scanId, () => now);

function queuedKeys(store: Store): string[] {
  const keys: string[] = [];
  for (;;) {
    const [entry] = store.outbox.due(Number.MAX_SAFE_INTEGER, 1);
    if (entry === undefined) return keys;
    keys.push(entry.idempotencyKey);
    store.outbox.delivered(entry.id);
  }
}

describe('the report of a scan on its way into the outbox', () => {
  it('has the id of the scan, and is sent once', () => {
    const store = createMemoryStore({});
    const report = open(store);
    expect(report.reportGuid).toBe(scanId);
    for (const each of [part(0), part(1), part(2, true)]) report.put(each);
    expect(queuedKeys(store)).toEqual([0, 1, 2].map((index) => `posture/${scanId}/${index}`));
    expect(open(store).isSent).toBe(true);
  });

  it('begins anew under another id when the scan ended between two parts: parts of two scans never make one report', () => {
    const store = createMemoryStore({});
    open(store).put(part(0));
    const again = open(store);
    expect(again.isSent).toBe(false);
    expect(again.reportGuid).not.toBe(scanId);
    for (const each of [part(0), part(1, true)]) again.put(each);
    const [first, ...others] = queuedKeys(store);
    expect(first).toBe(`posture/${scanId}/0`);
    expect(others).toEqual([0, 1].map((index) => `posture/${again.reportGuid}/${index}`));
    expect(open(store).isSent).toBe(true);
  });

  it('keeps neither note nor part of what the outbox refuses', () => {
    const store = createMemoryStore({ maxBytes: 5 });
    expect(() => open(store).put(part(0, true))).toThrow(expect.objectContaining({ code: 'STORE_FULL' }));
    expect(open(store)).toMatchObject({ isSent: false, reportGuid: scanId });
  });

  it('forgets its notes after a while', () => {
    const store = createMemoryStore({});
    open(store, 0).put(part(0, true));
    pruneScanReports(store, 8 * 24 * 60 * 60 * 1000);
    expect(store.results.count(scanReportKind)).toBe(0);
  });
});
