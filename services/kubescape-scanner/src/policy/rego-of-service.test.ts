import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pod } from '@kso/testkit';
import { missingPrograms } from '@kso/testkit/programs';
import { PostureReport } from '@kso/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { startScanner } from '../testing/scanner.ts';

const rule =
  'package armo_builtins\ndeny[m] { o := input[_]; o.metadata.name == "web"; m := {"alertMessage": "no web", "alertObject": {"k8sApiObjects": [o]}} }\n';

async function scan(customRules: string, targetNames: readonly string[]): Promise<PostureReport> {
  const source = fakeSource([pod({ name: 'web', namespace: 'shop' })]);
  const scanner = await startScanner({ source, overrides: { policy: { customRules } } });
  onTestFinished(() => scanner.stop());
  const body = JSON.stringify({ targetType: 'control', targetNames });
  const response = await scanner.fetch('/v1/scan?wait=true', { method: 'POST', body });
  const { response: answer } = (await response.json()) as { response: unknown };
  return PostureReport.parse(answer);
}

describe('a scanner with policies in Rego', () => {
  it.skipIf(missingPrograms('opa'))('evaluates its custom rules and finds them by name', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-rego-service-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(path.join(folder, 'no-web.rego'), rule);
    const { summaryDetails } = await scan(folder, ['custom-no-web']);
    expect(summaryDetails.controls['custom-no-web']?.ResourceCounters.failedResources).toBe(1);
  });

  it('evaluates the rest when they cannot be read, and says so', async () => {
    const { scanCoverage } = await scan('/no/such/folder', ['C-0057']);
    expect(scanCoverage?.policyDegradations).toContainEqual(
      expect.objectContaining({ component: 'policies in Rego', reason: expect.stringContaining('no such folder') }),
    );
  });
});
