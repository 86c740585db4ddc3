import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chartFolder, template } from '../values/chart-under-test.ts';

/** What our own controls find in our own chart, and why it stays. */
const accepted: Readonly<Record<string, string>> = {
  'C-0015': 'make-secrets reads two Secrets by name',
  'C-0018': 'jobs and the test have no readiness',
  'C-0034': 'scanner, operator and kollector call the API server',
  'C-0053': 'the same, as accounts',
  'C-0007': 'the operator deletes recurring scans and finished commands in its own namespace',
  'C-0056': 'jobs and the test have no liveness',
  'C-0073': 'helm test is a pod',
  'C-0186': 'make-secrets reads two Secrets by name',
  'C-0190': 'scanner, operator and kollector call the API server',
  'C-0207': 'the name of the account, which is no secret, is in the Secret beside its key',
  'C-0255': 'credentials are mounted from Secrets',
  'C-0257': 'data is kept on PVCs',
  'C-0258': 'configuration is mounted from ConfigMaps',
  'C-0261': 'scanner, operator and kollector call the API server',
  'C-0267': 'make-secrets fills two Secrets by name',
  'C-0299': 'pods of registry scans exist only when the operator makes them',
  'C-0305': 'owners of a database are replaced, not rolled',
};

/** Base score from which a control is of high severity. */
const high = 7;
const acceptedHigh: readonly string[] = ['C-0015', 'C-0255', 'C-0261'];

describe.skipIf(missingPrograms('helm') !== undefined)('our own scanner on our own chart', () => {
  const found = new Set<string>();

  it.each([
    ['default', {}],
    ['compact', { profile: 'compact' }],
  ])('%s: no control fails but those that a security suite cannot pass', (_name, values) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-self-scan-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const networkPolicy = { enabled: true, createEgressRules: true };
    const rendered = template(chartFolder, { values: { ...values, global: { networkPolicy } } });
    expect(rendered.error).toBe('');
    writeFileSync(path.join(folder, 'release.yaml'), rendered.out);
    const cli = path.resolve(import.meta.dirname, '../../../services/cli/src/main.ts');
    const { stdout, status } = spawnSync(process.execPath, [cli, 'scan', folder, '--format', 'json'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(status).toBe(0);
    const { summaryDetails } = JSON.parse(stdout) as {
      summaryDetails: {
        controls: Record<string, { statusInfo: { status: string }; name: string; scoreFactor: number }>;
      };
    };
    const controls = Object.entries(summaryDetails.controls);
    expect(controls.length).toBeGreaterThan(50);
    const failed = controls.filter(([, { statusInfo }]) => statusInfo.status === 'failed');
    expect(failed.filter(([id]) => accepted[id] === undefined).map(([id, { name }]) => `${id} ${name}`)).toEqual([]);
    for (const [id] of failed) found.add(id);
    // What is severe stays only for these.
    const severe = failed.filter(([, { scoreFactor }]) => scoreFactor >= high).map(([id]) => id);
    expect(severe.filter((id) => !acceptedHigh.includes(id))).toEqual([]);
  });

  it('nothing is accepted that is not found any more', () => {
    expect(Object.keys(accepted).filter((id) => !found.has(id))).toEqual([]);
  });
});
