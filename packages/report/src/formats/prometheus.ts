import type { ReportControlSummary, SummaryDetails } from '@kso/wire';
import { wholeScore } from '../text/percent.ts';
import type { ReadableReport } from './context.ts';
import { judged } from './judged.ts';

type Counters = SummaryDetails['ResourceCounters'];
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [value: number, labels?: Labels | undefined];

/** Metrics of a scan in the text format of Prometheus, under the names of the existing product (scanner.md 19). */
export function* prometheus(report: ReadableReport): Generator<string, void, undefined> {
  const { summaryDetails: summary, scanCoverage } = report;
  const controls = Object.values(summary.controls);
  yield family('kubescape_cluster_complianceScore', 'Compliance of the scan, 0 to 100.', [
    [wholeScore(summary.complianceScore)],
  ]);
  yield* resourceFamilies('kubescape_cluster', 'Resources of the scan', [[summary.ResourceCounters]]);
  yield* controlFamilies('kubescape_cluster', 'Controls of the scan', [[controls]]);
  yield family('kubescape_cluster_coverage_score', 'How much of the scan could be answered, 0 to 100.', [
    [wholeScore(scanCoverage.coverageScore)],
  ]);

  const frameworks = summary.frameworks.map((framework) => [framework, { name: framework.name }] as const);
  const ofFrameworks = frameworks.map(([framework, labels]): Sample => [wholeScore(framework.complianceScore), labels]);
  yield family('kubescape_framework_complianceScore', 'Compliance by framework, 0 to 100.', ofFrameworks);
  yield* resourceFamilies(
    'kubescape_framework',
    'Resources by framework',
    frameworks.map(([framework, labels]) => [framework.ResourceCounters, labels]),
  );
  yield* controlFamilies(
    'kubescape_framework',
    'Controls by framework',
    frameworks.map(([framework, labels]) => [Object.values(framework.controls), labels]),
  );

  const labelled = controls.map((control) => [control, controlLabels(control)] as const);
  const ofControls = labelled.map(([control, labels]): Sample => [wholeScore(control.complianceScore), labels]);
  yield family('kubescape_control_complianceScore', 'Compliance by control, 0 to 100.', ofControls);
  yield* resourceFamilies(
    'kubescape_control',
    'Resources by control',
    labelled.map(([control, labels]) => [control.ResourceCounters, labels]),
  );
  yield* resourceSamples(report, 'failed', 'Controls that a resource fails.');
  yield* resourceSamples(report, 'skipped', 'Controls that could not judge a resource.');
  yield family('kubescape_score', 'Compliance of the scan once more.', [[wholeScore(summary.complianceScore)]]);
}

function controlLabels({ controlID, name, severity = '' }: ReportControlSummary): Labels {
  const link = `https://hub.armosec.io/docs/${controlID.toLowerCase().replaceAll('.', '-')}`;
  return { controlID, name, severity, link };
}

function* resourceFamilies(prefix: string, what: string, entries: readonly (readonly [Counters, Labels?])[]) {
  for (const status of ['failed', 'skipped', 'passed'] as const) {
    const samples = entries.map(([counters, labels]): Sample => [counters[`${status}Resources`], labels]);
    yield family(`${prefix}_count_resources_${status}`, `${what}: ${status}.`, samples);
  }
}

type Statuses = readonly { readonly status: string }[];

function* controlFamilies(prefix: string, what: string, entries: readonly (readonly [Statuses, Labels?])[]) {
  for (const status of ['failed', 'skipped', 'passed']) {
    const samples = entries.map(
      ([controls, labels]): Sample => [controls.filter((control) => control.status === status).length, labels],
    );
    yield family(`${prefix}_count_control_${status}`, `${what}: ${status}.`, samples);
  }
}

/** One series for each resource: what several bindings say about one subject is one. */
function* resourceSamples(report: ReadableReport, status: 'failed' | 'skipped', help: string) {
  const name = `kubescape_resource_count_controls_${status}`;
  const counts = new Map<string, number>();
  for (const { apiVersion, kind, namespace, name: resource, controls } of judged(report)) {
    const labels = labelText({ apiVersion, kind, namespace, name: resource });
    const count = controls.filter((control) => control.status.status === status).length;
    counts.set(labels, Math.max(counts.get(labels) ?? 0, count));
  }
  yield head(name, help);
  for (const [labels, count] of counts) yield `${name}${labels} ${count}\n`;
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  return head(name, help) + samples.map(([value, labels]) => `${name}${labelText(labels)} ${value}\n`).join('');
}

function head(name: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`;
}

function labelText(labels: Labels | undefined): string {
  if (labels === undefined) return '';
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
