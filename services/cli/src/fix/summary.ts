import { plainText } from '@kso/report';
import type { ByHand } from './collect.ts';
import type { FileOutcome } from './fix-files.ts';

/** Lines of what is left to do that are shown unless somebody wants all. */
const fewLines = 20;

/** What was changed and what is left to do by hand, for people. */
export function fixSummary(
  outcomes: readonly FileOutcome[],
  byHand: readonly ByHand[],
  { dryRun, verbose }: { readonly dryRun: boolean; readonly verbose: boolean },
): string {
  const changed = outcomes.filter(({ applied, problem }) => applied.length > 0 && problem === undefined);
  const lines = changed.map(({ name, applied }) => {
    const fields = new Set(applied.map(({ document, path }) => `${document}/${path}`)).size;
    const controls = [...new Set(applied.map(({ controlId }) => controlId))].sort();
    return `${name}: ${count(fields, 'field')} for ${controls.join(', ')}`;
  });
  const left = leftLines(outcomes, byHand);
  const shown = verbose ? left : left.slice(0, fewLines);
  const more = left.length - shown.length;
  const fields = changed.reduce(
    (sum, { applied }) => sum + new Set(applied.map(({ document, path }) => `${document}/${path}`)).size,
    0,
  );
  const verb = dryRun ? 'would be set' : 'set';
  return [
    ...lines,
    ...(left.length === 0 ? [] : ['', 'Left to do by hand:', ...shown.map((line) => `  ${line}`)]),
    ...(more > 0 ? [`  … and ${more} more (--verbose)`] : []),
    '',
    `${count(fields, 'field')} ${verb} in ${count(changed.length, 'file')}, ${left.length} left to do by hand`,
  ]
    .map(plainText)
    .join('\n')
    .concat('\n');
}

/** One line for a reason of one resource; several controls may want the same. */
function leftLines(outcomes: readonly FileOutcome[], byHand: readonly ByHand[]): string[] {
  const groups = new Map<string, Set<string>>();
  const add = (what: string, control: string) => {
    const controls = groups.get(what) ?? new Set();
    groups.set(what, controls.add(control));
  };
  for (const { name, problem, refused } of outcomes) {
    if (problem !== undefined) groups.set(`${name}: ${problem}`, new Set());
    for (const { fix, reason } of refused) add(`${fix.resource}: ${fix.path}: ${reason}`, fix.controlId);
  }
  for (const { resource, reason, controlId } of byHand) add(`${resource}: ${reason}`, controlId);
  return Array.from(groups, ([what, controls]) =>
    controls.size === 0 ? what : `${what} (${[...controls].sort().join(', ')})`,
  );
}

function count(number: number, one: string): string {
  return `${number} ${number === 1 ? one : `${one}s`}`;
}
