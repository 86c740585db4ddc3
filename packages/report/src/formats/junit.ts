import { severityOfScore } from '@kso/domain';
import type { ReportControlSummary, ReportFrameworkSummary } from '@kso/wire';
import type { FormatContext, ReadableReport } from './context.ts';
import { sortedControls } from './context.ts';
import { judged, messagesOf, title } from './judged.ts';
import { escapeMarkup } from './xml.ts';

/** Lines of one failure; a control may fail for thousands of resources, and stands in every framework that has it. */
const maxLines = 50;

/**
 * JUnit XML as the Jenkins and Windyroad schemas have it (scanner.md 22.3): a suite for each framework, a case for each control.
 * A control that could not be evaluated is a skipped case.
 */
export function* junit(report: ReadableReport, context: FormatContext): Generator<string, void, undefined> {
  const failures = failuresByControl(report);
  const { frameworks, controls } = report.summaryDetails;
  const suites: readonly Pick<ReportFrameworkSummary, 'name' | 'controls'>[] =
    frameworks.length === 0 ? [{ name: 'controls', controls }] : frameworks;
  const timestamp = report.generationTime.replace(/\.\d+Z$/, '');
  const totals = suites.map((suite) => countCases(Object.values(suite.controls)));
  const sum = (key: keyof Counts) => totals.reduce((all, counts) => all + counts[key], 0);
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<testsuites name="Kubescape Scanning" tests="${sum('tests')}" failures="${sum('failures')}" errors="0" time="0">\n`;
  for (const [index, suite] of suites.entries()) {
    const { tests, failures: failed, skipped } = totals[index] ?? countCases([]);
    const name = escapeMarkup(suite.name);
    yield `  <testsuite name="${name}" package="kso" id="${index}" tests="${tests}" failures="${failed}" errors="0" skipped="${skipped}" time="0" timestamp="${timestamp}" hostname="${escapeMarkup(report.clusterName || 'manifests')}">\n`;
    yield `    <properties>\n      <property name="complianceScore" value="${complianceOf(suite)}"/>\n    </properties>\n`;
    for (const control of sortedControls(suite.controls)) yield testCase(name, control, failures, context);
    yield '  </testsuite>\n';
  }
  yield '</testsuites>\n';
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
}

function countCases(controls: readonly ReportControlSummary[]): Counts {
  const count = (status: string) => controls.filter((control) => control.status === status).length;
  return { tests: controls.length, failures: count('failed'), skipped: count('skipped') };
}

function complianceOf(suite: object): string {
  return 'complianceScore' in suite && typeof suite.complianceScore === 'number'
    ? suite.complianceScore.toFixed(2)
    : '';
}

function testCase(
  suite: string,
  control: ReportControlSummary,
  failures: ReadonlyMap<string, readonly string[]>,
  context: FormatContext,
): string {
  const { controlID, name, status, statusInfo, scoreFactor, ResourceCounters: counters } = control;
  const id = escapeMarkup(controlID);
  const open = `    <testcase name="${escapeMarkup(name)}" classname="${suite}/${id}" time="0"`;
  if (status === 'passed') return `${open}/>\n`;
  if (status === 'skipped') {
    const reason = statusInfo.info ?? statusInfo.subStatus ?? 'not evaluated';
    return `${open}>\n      <skipped message="${escapeMarkup(reason)}"/>\n    </testcase>\n`;
  }
  const lines = failures.get(controlID) ?? [];
  const more = counters.failedResources - lines.length;
  const body = [
    ...lines,
    ...(more > 0 ? [`… and ${more} more`] : []),
    `Remediation: ${context.control(controlID)?.remediation ?? '–'}`,
  ];
  const message = escapeMarkup(
    `${counters.failedResources} ${counters.failedResources === 1 ? 'resource fails' : 'resources fail'}`,
  );
  return `${open}>\n      <failure message="${message}" type="${severityOfScore(scoreFactor)}">${escapeMarkup(body.join('\n'))}</failure>\n    </testcase>\n`;
}

function failuresByControl(report: ReadableReport): ReadonlyMap<string, readonly string[]> {
  const failures = new Map<string, string[]>();
  for (const resource of judged(report)) {
    for (const control of resource.failed) {
      const lines = failures.get(control.controlID) ?? [];
      failures.set(control.controlID, lines);
      if (lines.length >= maxLines) continue;
      const { source } = resource.resource ?? {};
      const place =
        source === undefined ? '' : ` (${source.relativePath}${source.line === undefined ? '' : `:${source.line}`})`;
      lines.push(`${title(resource)}${place}: ${messagesOf(control).join(' ')}`);
    }
  }
  return failures;
}
