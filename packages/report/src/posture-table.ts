import { compareSeverity, type Severity } from '@kso/domain';
import { gapLines } from './gap-lines.ts';
import { type Cell, renderGrid } from './text/grid.ts';
import { plainText } from './text/plain-text.ts';
import { painterFor, type Terminal } from './text/terminal.ts';
import type { ControlView, ObjectView, PostureView } from './view.ts';

/** Severities that controls have, the worst first. */
const shown = ['Critical', 'High', 'Medium', 'Low'] as const satisfies readonly Severity[];

export interface PostureTableOptions {
  /** Rows of the table of objects; the rest is counted. */
  readonly maxObjects: number;
  readonly passedControls: boolean;
}

/** The misconfigurations: by control and severity, then by workload, then what could not be looked at. */
export function renderPosture(view: PostureView, terminal: Terminal, options: PostureTableOptions): string[] {
  const paint = painterFor(terminal);
  const sections = [
    { title: 'Misconfigurations by severity', lines: controlLines(view, terminal) },
    { title: 'Misconfigurations by workload', lines: objectLines(view, terminal, options.maxObjects) },
    { title: 'Passed', lines: options.passedControls ? passedLines(view, terminal) : [] },
    {
      title: 'Irrelevant: nothing here that they judge',
      lines: options.passedControls ? irrelevantLines(view, terminal) : [],
    },
    { title: 'Not evaluated', lines: gapLines(view, view.controls.toSorted(byControl), terminal) },
  ];
  return sections
    .filter((section) => section.lines.length > 0)
    .flatMap((section) => [paint('title', section.title), ...section.lines, '']);
}

function controlLines(view: PostureView, terminal: Terminal): string[] {
  const failed = view.controls.filter((control) => control.failed > 0).toSorted(byControl);
  if (failed.length === 0) return view.objects === 0 ? [] : [painterFor(terminal)('good', 'none found')];
  return renderGrid(
    [{ title: 'SEVERITY' }, { title: 'CONTROL' }, { title: 'NAME', shrink: 1 }, { title: 'OBJECTS', align: 'right' }],
    failed.map((control) => [
      { text: control.severity, style: control.severity },
      control.id,
      control.name,
      `${control.failed} of ${control.evaluated}`,
    ]),
    terminal,
  );
}

function passedLines(view: PostureView, terminal: Terminal): string[] {
  const passed = view.controls.filter(
    ({ failed, notEvaluated, irrelevant }) => failed === 0 && notEvaluated === undefined && irrelevant !== true,
  );
  if (passed.length === 0) return [];
  return renderGrid(
    [{ title: 'SEVERITY' }, { title: 'CONTROL' }, { title: 'NAME', shrink: 1 }, { title: 'OBJECTS', align: 'right' }],
    passed.toSorted(byControl).map(({ severity, id, name, evaluated }) => [severity, id, name, String(evaluated)]),
    terminal,
  );
}

function irrelevantLines(view: PostureView, terminal: Terminal): string[] {
  const irrelevant = view.controls.filter(
    (control) => control.irrelevant === true && control.notEvaluated === undefined,
  );
  if (irrelevant.length === 0) return [];
  return renderGrid(
    [{ title: 'SEVERITY' }, { title: 'CONTROL' }, { title: 'NAME', shrink: 1 }],
    irrelevant.toSorted(byControl).map(({ severity, id, name }) => [severity, id, name]),
    terminal,
  );
}

function objectLines(view: PostureView, terminal: Terminal, max: number): string[] {
  const sorted = view.failures.toSorted(byObject);
  if (sorted.length === 0) return [];
  const hasOrigins = sorted.some((object) => object.origin !== undefined);
  const lines = renderGrid(
    [
      { title: 'NAMESPACE', shrink: 1 },
      { title: 'WORKLOAD', shrink: 1 },
      ...shown.map((severity) => ({ title: severity.toUpperCase(), align: 'right' as const })),
      { title: 'FAILED CONTROLS', shrink: 2 },
      ...(hasOrigins ? [{ title: 'FILE', shrink: 1 }] : []),
    ],
    sorted.slice(0, max).map((object) => [
      object.namespace === '' ? '–' : object.namespace,
      `${object.kind}/${object.name}`,
      ...shown.map((severity): Cell => countCell(severity, countOf(object, severity))),
      object.failed
        .toSorted((a, b) => compareSeverity(a.severity, b.severity) || a.id.localeCompare(b.id))
        .map((control) => control.id)
        .join(' '),
      ...(hasOrigins ? [{ text: object.origin ?? '', style: 'faint' as const }] : []),
    ]),
    terminal,
  );
  const more = sorted.length - max;
  return more > 0 ? [...lines, `… and ${more} more (all of them with --verbose or --format json)`] : lines;
}

/** A number, or a faint dash instead of a zero so that the eye finds what is there. */
export function countCell(severity: Severity, count: number): Cell {
  return count === 0 ? { text: '–', style: 'faint' } : { text: String(count), style: severity };
}

function countOf(object: ObjectView, severity: Severity): number {
  return object.failed.filter((control) => control.severity === severity).length;
}

function byControl(a: ControlView, b: ControlView): number {
  return compareSeverity(a.severity, b.severity) || b.failed - a.failed || a.id.localeCompare(b.id);
}

/** Most of the worst first. */
function byObject(a: ObjectView, b: ObjectView): number {
  for (const severity of shown) {
    const difference = countOf(b, severity) - countOf(a, severity);
    if (difference !== 0) return difference;
  }
  return nameOf(a).localeCompare(nameOf(b));
}

function nameOf(object: ObjectView): string {
  return plainText(`${object.namespace}/${object.kind}/${object.name}`);
}
