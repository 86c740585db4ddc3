import { type Column, renderGrid } from './text/grid.ts';
import type { Terminal } from './text/terminal.ts';
import type { ControlView, Gap, PostureView } from './view.ts';

const columns: readonly Column[] = [
  { title: 'WHAT', shrink: 1 },
  { title: 'WHY', shrink: 2 },
];

/** What could not be looked at and why: files, kinds (those of one reason in one row), controls. */
export function gapLines(view: PostureView, controls: readonly ControlView[], terminal: Terminal): string[] {
  const rows = [
    ...view.gaps.filter(({ type }) => type === 'file').map(({ what, reason }) => [what, reason]),
    ...kindRows(view.gaps.filter(({ type }) => type === 'kind')),
    ...controls.flatMap((control) =>
      control.notEvaluated === undefined ? [] : [[titleOf(control), control.notEvaluated]],
    ),
  ];
  return rows.length === 0 ? [] : renderGrid(columns, rows, terminal);
}

/** `3 controls, 5 kinds not evaluated`; undefined when everything was. A control that judged some objects is told of as that. */
export function gapSummary({ controls, gaps }: PostureView): string | undefined {
  const without = controls.filter(({ notEvaluated }) => notEvaluated !== undefined);
  const numbers = [
    counted(without.filter((control) => !isInPart(control)).length, 'control'),
    counted(gaps.filter(({ type }) => type === 'kind').length, 'kind'),
    counted(gaps.filter(({ type }) => type === 'file').length, 'document'),
  ].filter((part) => part !== undefined);
  const inPart = counted(without.filter(isInPart).length, 'control');
  const parts = [
    ...(numbers.length === 0 ? [] : [`${numbers.join(', ')} not evaluated`]),
    ...(inPart === undefined ? [] : [`${inPart} evaluated in part`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

function kindRows(gaps: readonly Gap[]): string[][] {
  const groups = Map.groupBy(gaps, ({ reason }) => withoutKind(reason));
  return Array.from(groups, ([reason, members]) => {
    const [first] = members;
    if (members.length === 1 && first !== undefined) return [first.what, first.reason];
    // In the last column, which makes no other wider.
    return [`${members.length} kinds`, `${reason}: ${members.map(({ what }) => what).join(', ')}`];
  });
}

const refusal =
  /^(?<code>forbidden: )?\S+ is forbidden: (?<user>User ".*?") cannot (?<verb>\w+) resource "[^"]*" in API group "[^"]*"/;

/** The API server's sentence about one kind, as one about several. */
function withoutKind(reason: string): string {
  return reason.replace(refusal, '$<code>$<user> cannot $<verb> them');
}

/** Such a control can have failed too. */
function isInPart(control: ControlView): boolean {
  return control.notEvaluated !== undefined && control.evaluated > 0;
}

function titleOf(control: ControlView): string {
  return `${control.id} ${control.name}${isInPart(control) ? ' (in part)' : ''}`;
}

function counted(number: number, one: string): string | undefined {
  return number === 0 ? undefined : `${number} ${number === 1 ? one : `${one}s`}`;
}
