import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pod } from '@kso/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { scanManifestsOnce, scanSourceOnce } from './scan-once.ts';
import { createSession } from './session.ts';

describe('one scan of a cluster that hides its objects', () => {
  const everyKind = createSession({ source: fakeSource([]) }).engine.kinds.map(({ group, kind }) =>
    group === '' ? kind : `${group}/${kind}`,
  );

  it('names the kinds and the reason', async () => {
    const source = fakeSource([]);
    source.forbid(...everyKind);
    await expect(scanSourceOnce({ source })).rejects.toMatchObject({
      code: 'NOTHING_EVALUATED',
      message: expect.stringMatching(/could not be read: .*\/v1\/pods.*forbidden: 403/),
    });
  });

  it('evaluates what it may read, and names the rest', async () => {
    const source = fakeSource([pod()]);
    source.forbid(...everyKind.filter((name) => name !== 'Pod'));
    const { scanCoverage, results } = await scanSourceOnce({ source });
    expect([...results]).toHaveLength(1);
    expect(scanCoverage?.failedGVRPulls).toHaveLength(everyKind.length - 1);
  });

  it('says that a cluster without objects has nothing to judge', async () => {
    await expect(scanSourceOnce({ source: fakeSource([]) })).rejects.toThrow(/had an object to look at$/);
  });
});

describe('one scan of manifests', () => {
  it('names every object of a list that cannot be read, and does not let it pass', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-scan-once-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const malformed = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'map' }, spec: { containers: { a: {} } } };
    const nameless = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [] } };
    const items = [pod({ name: 'fine' }), malformed, nameless];
    writeFileSync(path.join(folder, 'list.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

    const details: string[] = [];
    const onUnreadable = ({ detail }: { readonly detail: string }) => details.push(detail);
    const { results, scanCoverage } = await scanManifestsOnce(folder, { controls: ['C-0057'], onUnreadable });
    expect(details).toEqual(['items[1]: Pod map: spec.containers is no list', 'items[2]: Pod has no metadata.name']);
    expect(scanCoverage?.policyDegradations).toHaveLength(2);
    const statuses = new Set(results.map(({ controls }) => controls[0]?.status.status));
    expect(statuses).toEqual(new Set(['passed', 'skipped']));
  });
});
