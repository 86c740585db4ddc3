import { type Severity, severities } from '@kso/domain';
import { gapSummary } from '../gap-lines.ts';
import { gapTitle } from '../object-gaps.ts';
import { postureView } from '../posture-view.ts';
import { displayedPercent } from '../text/percent.ts';
import { plainText } from '../text/plain-text.ts';
import type { ControlView, ObjectView } from '../view.ts';
import type { FormatContext, ReadableReport } from './context.ts';

/** Comments of GitHub and GitLab take 65,536 and a million characters: with these rows a report stays below the smaller. */
const maxRows = { controls: 60, workloads: 60, gaps: 30 };
const icons: Readonly<Record<Severity, string>> = {
  Critical: '🟣',
  High: '🔴',
  Medium: '🟠',
  Low: '🔵',
  Negligible: '⚪',
  Unknown: '⚪',
};

/** A comment for a pull request: what fails, where, and what could not be looked at. Tables are folded, the summary is not. */
export function* markdown(report: ReadableReport, context: FormatContext): Generator<string, void, undefined> {
  const view = postureView(report);
  const failed = view.controls.filter((control) => control.failed > 0).toSorted(byControl);
  const compliance = view.complianceScore === undefined ? '–' : displayedPercent(view.complianceScore);
  yield `## ${failed.length === 0 ? '✅' : '❌'} Posture of ${code(context.target)}\n\n`;
  yield `**${failed.length}** of ${view.controls.length} controls failed, **${view.failedObjects}** of ${view.objects} resources affected, compliance **${compliance}**.\n\n`;
  const counts = severities
    .slice(0, 4)
    .map((severity) => failed.filter((control) => control.severity === severity).length);
  yield table(
    severities.slice(0, 4).map((severity) => `${icons[severity]} ${severity}`),
    [counts.map(String)],
  );
  if (failed.length > 0) {
    yield folded('Failed controls', failed.length, maxRows.controls, failed, controlTable(context));
    yield folded('Workloads', view.failures.length, maxRows.workloads, view.failures.toSorted(byObject), workloadTable);
  }
  const summary = gapSummary(view);
  if (summary !== undefined) {
    const rows = [
      ...view.gaps.map((gap) => [code(gapTitle(gap)), text(gap.reason)]),
      ...view.controls.flatMap(({ id, name, notEvaluated }) =>
        notEvaluated === undefined ? [] : [[`${id} ${text(name)}`, text(notEvaluated)]],
      ),
    ];
    yield folded(`⚠️ Not looked at: ${summary}`, rows.length, maxRows.gaps, rows, (some) =>
      table(['What', 'Why'], some),
    );
  }
  yield `<sub>kso ${text(context.version)}, ${report.generationTime}</sub>\n`;
}

function folded<T>(
  title: string,
  count: number,
  max: number,
  items: readonly T[],
  render: (items: readonly T[]) => string,
): string {
  const more = count > max ? `\n… and ${count - max} more.\n` : '';
  return `<details${count <= 10 ? ' open' : ''}><summary><b>${title}</b> (${count})</summary>\n\n${render(items.slice(0, max))}${more}\n</details>\n\n`;
}

function controlTable(context: FormatContext) {
  return (controls: readonly ControlView[]): string =>
    table(
      ['', 'Control', 'Resources', 'What to do'],
      controls.map(({ id, name, severity, failed, evaluated }) => [
        icons[severity],
        `**${id}** ${text(name)}`,
        `${failed} of ${evaluated}`,
        text(shortened(context.control(id)?.remediation ?? '')),
      ]),
    );
}

function workloadTable(objects: readonly ObjectView[]): string {
  return table(
    ['Workload', 'File', 'Failed controls'],
    objects.map(({ namespace, kind, name, origin, failed }) => [
      code(`${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`),
      origin === undefined ? '' : code(origin),
      failed
        .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
        .slice(0, 12)
        .map(({ id, severity }) => `${icons[severity]} ${id}`)
        .join(', ') + (failed.length > 12 ? ` and ${failed.length - 12} more` : ''),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}\n`;
}

const longestCell = 160;

function shortened(sentence: string): string {
  return sentence.length > longestCell ? `${sentence.slice(0, longestCell)}…` : sentence;
}

/** A stranger's text that must not become markup, a link or a mention. */
function text(value: string): string {
  return plainText(value).replaceAll(/[\\`*_{}[\]<>()#!|~&@]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A name in the letters of code. Not between backticks: what is there is not escaped. */
function code(value: string): string {
  const name = text(value.slice(0, 300)).trim();
  return name === '' ? '' : `<code>${name}</code>`;
}

function byControl(a: ControlView, b: ControlView): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) || b.failed - a.failed || (a.id < b.id ? -1 : 1)
  );
}

function byObject(a: ObjectView, b: ObjectView): number {
  return b.failed.length - a.failed.length || (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1);
}
