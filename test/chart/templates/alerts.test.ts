import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { dump, load } from 'js-yaml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { documentedMetrics, exampleRules } from '../../support/metrics-page.ts';
import { chartFolder, named, render } from './rendered.ts';

const withAlerts = { grafanaDashboard: { enabled: true }, prometheusRule: { enabled: true } };
const fromChart = (file: string) => readFileSync(path.join(chartFolder, 'files', file), 'utf8');

function checkRules(spec: unknown): { readonly output: string; readonly status: number | null } {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-rules-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'rules.yaml');
  writeFileSync(file, dump(spec));
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'rules', '--lint-fatal', file], {
    encoding: 'utf8',
  });
  return { output: `${stdout}${stderr}`, status };
}

describe('alerts and the dashboard', () => {
  it.each([
    { what: 'alerts of the chart', text: fromChart('alerts.yaml'), atLeast: 5 },
    { what: 'dashboard of the chart', text: fromChart('dashboard.json'), atLeast: 8 },
    { what: 'example of docs/metrics.md', text: exampleRules(), atLeast: 6 },
  ])('$what: asks for metrics that there are', ({ text, atLeast }) => {
    // That the page and the services agree is shown by test/integration/prometheus.test.ts.
    const types = new Map(documentedMetrics().map(({ name, type }) => [name, type]));
    const asked = new Set(text.match(/\b(?:kso|kubevuln|kubescape|kollector|process|nodejs)_\w+/g));
    expect(asked.size).toBeGreaterThanOrEqual(atLeast);
    const isThere = (name: string) =>
      types.has(name) || types.get(name.replace(/_(?:bucket|sum|count)$/, '')) === 'histogram';
    const unknown = [...asked].filter((name) => !isThere(name));
    expect(unknown).toEqual([]);
  });

  it.skipIf(missingPrograms('helm') !== undefined)('are rendered for the namespace of the release', () => {
    const objects = render(withAlerts);
    const { data } = named(objects, 'ConfigMap', 'kubescape-operator-dashboard') as unknown as {
      data: Record<string, string>;
    };
    expect(JSON.parse(data['kubescape-operator.json'] ?? '')).toMatchObject({ uid: 'kubescape-operator' });
    const rules = JSON.stringify(named(objects, 'PrometheusRule', 'kubescape-operator')['spec']);
    expect(rules).toContain('namespace=\\"kubescape\\"');
    expect(rules).not.toContain('NAMESPACE');
  });

  it.skipIf(spawnSync('promtool', ['--version']).error !== undefined || missingPrograms('helm') !== undefined)(
    'Prometheus takes the rules, those of the chart and those of docs/metrics.md',
    () => {
      const example = load(exampleRules()) as { kind: string; spec: { groups: { rules: object[] }[] } };
      expect(example.kind).toBe('PrometheusRule');
      for (const spec of [example.spec, named(render(withAlerts), 'PrometheusRule', 'kubescape-operator')['spec']]) {
        const { output, status } = checkRules(spec);
        expect(output).toMatch(/SUCCESS: \d+ rules found/);
        expect(status).toBe(0);
      }
      expect(checkRules({ groups: [{ name: 'wrong', rules: [{ alert: 'A', expr: 'up >' }] }] }).status).not.toBe(0);
    },
  );
});
