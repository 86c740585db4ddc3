import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pod, until } from '@kso/testkit';
import { missingPrograms } from '@kso/testkit/programs';
import { PostureReport } from '@kso/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { type ScannerUnderTest, startScanner } from '../testing/scanner.ts';

const rule =
  'package armo_builtins\ndeny[m] { o := input[_]; o.metadata.name == "web"; m := {"alertMessage": "no web", "alertObject": {"k8sApiObjects": [o]}} }\n';

async function start(policies: Readonly<Record<string, string>>): Promise<ScannerUnderTest> {
  const source = fakeSource([pod({ name: 'web', namespace: 'shop' }), pod({ name: 'db', namespace: 'shop' })]);
  const scanner = await startScanner({ source, overrides: { policy: { ...policies, refresh: '10ms' } } });
  onTestFinished(() => scanner.stop());
  return scanner;
}

async function scan(scanner: ScannerUnderTest, targetNames: readonly string[]): Promise<PostureReport> {
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
    const { summaryDetails } = await scan(await start({ customRules: folder }), ['custom-no-web']);
    expect(summaryDetails.controls['custom-no-web']?.ResourceCounters.failedResources).toBe(1);
  });

  it.skipIf(missingPrograms('opa'))(
    'evaluates them anew when the folder changes; rules that do not compile take no place',
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'kso-rego-service-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const file = path.join(folder, 'no-web.rego');
      writeFileSync(file, rule);
      const scanner = await start({ customRules: folder });
      const failedIn = async (control: string) => {
        const { results, scanCoverage } = await scan(scanner, []);
        const failing = results.filter(({ controls }) =>
          controls.some(({ controlID, status }) => controlID === control && status.status === 'failed'),
        );
        return { failing: failing.map(({ resourceID }) => resourceID), problems: scanCoverage.policyDegradations };
      };
      expect((await failedIn('custom-no-web')).failing).toEqual(['/v1/shop/Pod/web']);

      writeFileSync(file, rule.replace('"web"', '"db"'));
      await until(
        'the changed rule',
        async () => (await failedIn('custom-no-web')).failing.join() === '/v1/shop/Pod/db',
      );
      await until('its stored result', () => {
        const stored = scanner.store.results.get('posture', '/v1/shop/Pod/web');
        return stored !== undefined && !JSON.stringify(stored).includes('no web');
      });

      writeFileSync(file, 'package armo_builtins\ndeny[m] {');
      const { failing } = await until('the broken rule', async () => {
        const now = await failedIn('custom-no-web');
        return (
          now.problems.some(({ reason }) => /no-web.*rego_parse_error.*its rules of before count/.test(reason)) && now
        );
      });
      expect(failing).toEqual(['/v1/shop/Pod/db']);

      rmSync(file);
      writeFileSync(path.join(folder, 'other.rego'), rule);
      await until('the other rule', async () => (await failedIn('custom-other')).failing.join() === '/v1/shop/Pod/web');
      expect((await failedIn('custom-no-web')).failing).toEqual([]);
    },
  );

  it('heeds the exceptions that come with artifacts, also others', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-rego-service-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const control = {
      controlID: 'S-1',
      name: 'one',
      rules: [{ name: 'one', rule: 'package armo_builtins', match: [] }],
    };
    writeFileSync(path.join(folder, 'sample.json'), JSON.stringify({ name: 'Sample', controls: [control] }));
    const except = (kind: string) => {
      const exception = {
        name: 'x',
        posturePolicies: [{ controlID: 'C-0073' }],
        resources: [{ attributes: { kind } }],
      };
      writeFileSync(path.join(folder, 'exceptions.json'), JSON.stringify([exception]));
    };
    except('Pod');
    const heeding = await start({ artifacts: folder });
    const failing = async () => (await scan(heeding, ['C-0073'])).summaryDetails.controls['C-0073']?.status;
    expect(await failing()).toBe('passed');
    except('Deployment');
    await until('the other exceptions', async () => (await failing()) === 'failed');
  });

  it('evaluates the rest when they cannot be read, and says so', async () => {
    const { scanCoverage } = await scan(await start({ customRules: '/no/such/folder' }), ['C-0057']);
    expect(scanCoverage?.policyDegradations).toContainEqual(
      expect.objectContaining({ component: 'policies in Rego', reason: expect.stringContaining('no such folder') }),
    );
  });
});
