import { gapTitle } from './object-gaps.ts';
import { type Column, renderGrid } from './text/grid.ts';
import type { Terminal } from './text/terminal.ts';
import type { ControlView, Gap, PostureView } from './view.ts';

const columns: readonly Column[] = [
  { title: 'WHAT', shrink: 1 },
  { title: 'WHY', shrink: 2 },
];

/** What could not be looked at and why: files, roles, kinds, objects, controls; several of one reason share a row. */
export function gapLines(view: PostureView, controls: readonly ControlView[], terminal: Terminal): string[] {
  const rows = [
    ...view.gaps.filter(({ type }) => type === 'file').map(({ what, reason }) => [what, reason]),
    ...view.gaps.filter(({ type }) => type === 'role').map(({ what, reason }) => [what, reason]),
    ...kindRows(view.gaps.filter(({ type }) => type === 'kind')),
    ...objectRows(view.gaps.filter(({ type }) => type === 'object')),
    ...controlRows(controls),
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
    counted(gaps.filter(({ type }) => type === 'role').length, 'role'),
  ].filter((part) => part !== undefined);
  const objects = new Set(gaps.filter(({ type }) => type === 'object').map(({ what }) => what));
  const inPart = [counted(without.filter(isInPart).length, 'control'), counted(objects.size, 'object')].filter(
    (part) => part !== undefined,
  );
  const parts = [
    ...(numbers.length === 0 ? [] : [`${numbers.join(', ')} not evaluated`]),
    ...(inPart.length === 0 ? [] : [`${inPart.join(', ')} evaluated in part`]),
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

/** Many objects of one reason are a custom rule that fails, say: enough of them are named to find it. */
const fewObjects = 3;
const maxObjects = 20;

function objectRows(gaps: readonly Gap[]): string[][] {
  const groups = Map.groupBy(gaps, ({ reason, controls = [] }) => `${controls.join(' ')} ${reason}`);
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined || members.length <= fewObjects)
      return members.map((member) => [gapTitle(member), member.reason]);
    const names = members.slice(0, maxObjects).map(({ what }) => what);
    const more = members.length > maxObjects ? ` and ${members.length - maxObjects} more` : '';
    return [[gapTitle({ ...first, what: `${members.length} objects` }), `${first.reason}: ${names.join(', ')}${more}`]];
  });
}

/** A workload that cannot be read is missed by nearly all controls: with more than a few of one reason, their names would be a wall. */
const fewControls = 3;

function controlRows(controls: readonly ControlView[]): string[][] {
  const without = controls.filter(({ notEvaluated }) => notEvaluated !== undefined);
  const groups = Map.groupBy(without, (control) => `${isInPart(control)} ${control.notEvaluated}`);
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined || members.length <= fewControls)
      return members.map((control) => [titleOf(control), control.notEvaluated ?? '']);
    const what = `${members.length} controls${isInPart(first) ? ' (in part)' : ''}`;
    return [[what, `${first.notEvaluated}: ${members.map(({ id }) => id).join(', ')}`]];
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
