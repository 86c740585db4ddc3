/** Lines that are shown before and after a change. */
const around = 3;

type Step = { readonly kind: ' ' | '-' | '+'; readonly line: string };

/** The changes of one file as `diff -u`, `git apply` and `patch` know them; empty if there are none. The name is that of the reader. */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return '';
  const steps = stepsBetween(splitLines(before), splitLines(after));
  const hunks = hunksOf(steps);
  return `--- a/${name}\n+++ b/${name}\n${hunks.join('')}`;
}

/** Each with its line end; the last one may have none. */
function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** By the longest common sequence of lines, after what is the same at both ends has been put aside. */
function stepsBetween(before: readonly string[], after: readonly string[]): Step[] {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  const same = (lines: readonly string[]): Step[] => lines.map((line) => ({ kind: ' ', line }));
  return [
    ...same(before.slice(0, start)),
    ...changed(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/** Myers' greedy algorithm (An O(ND) Difference Algorithm and Its Variations, 1986). */
function changed(before: readonly string[], after: readonly string[]): Step[] {
  const trace = traceOf(before, after);
  const steps: Step[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const from = edits === 0 ? { x: 0, y: 0, isDown: false } : stepBefore(trace[edits], x - y, edits);
    while (x > from.x && y > from.y) {
      x -= 1;
      y -= 1;
      steps.push({ kind: ' ', line: before[x] ?? '' });
    }
    if (edits === 0) break;
    steps.push(from.isDown ? { kind: '+', line: after[from.y] ?? '' } : { kind: '-', line: before[from.x] ?? '' });
    ({ x, y } = from);
  }
  return steps.toReversed();
}

/** Where the path to a diagonal was one edit before. */
function stepBefore(furthest: ReadonlyMap<number, number> | undefined, k: number, edits: number) {
  const at = (diagonal: number) => furthest?.get(diagonal) ?? -1;
  const isDown = goesDown(k, edits, at(k - 1), at(k + 1));
  const from = isDown ? k + 1 : k - 1;
  return { x: at(from), y: at(from) - from, isDown };
}

function goesDown(k: number, edits: number, right: number, down: number): boolean {
  return k === -edits || (k !== edits && right < down);
}

/** For each number of edits, how far each diagonal had got before them. */
function traceOf(before: readonly string[], after: readonly string[]): Map<number, number>[] {
  const trace: Map<number, number>[] = [];
  let furthest = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= before.length + after.length; edits += 1) {
    trace.push(new Map(furthest));
    const next = new Map(furthest);
    for (let k = -edits; k <= edits; k += 2) {
      const down = furthest.get(k + 1) ?? -1;
      const right = furthest.get(k - 1) ?? -1;
      let x = goesDown(k, edits, right, down) ? down : right + 1;
      let y = x - k;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x += 1;
        y += 1;
      }
      next.set(k, x);
      if (x >= before.length && y >= after.length) return trace;
    }
    furthest = next;
  }
  return trace;
}

function hunksOf(steps: readonly Step[]): string[] {
  const hunks: string[] = [];
  let old = 1;
  let now = 1;
  let open: { readonly old: number; readonly now: number; readonly steps: Step[] } | undefined;
  const close = () => {
    if (open !== undefined) hunks.push(hunkText(open));
    open = undefined;
  };
  for (const [index, step] of steps.entries()) {
    const isNear = steps.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== ' ');
    if (!isNear) close();
    else {
      open ??= { old, now, steps: [] };
      open.steps.push(step);
    }
    if (step.kind !== '+') old += 1;
    if (step.kind !== '-') now += 1;
  }
  close();
  return hunks;
}

function hunkText({
  old,
  now,
  steps,
}: {
  readonly old: number;
  readonly now: number;
  readonly steps: readonly Step[];
}): string {
  const oldCount = steps.filter(({ kind }) => kind !== '+').length;
  const newCount = steps.filter(({ kind }) => kind !== '-').length;
  const lines = steps.map(
    ({ kind, line }) => `${kind}${line}${line.endsWith('\n') ? '' : '\n\\ No newline at end of file\n'}`,
  );
  return `@@ -${oldCount === 0 ? old - 1 : old},${oldCount} +${newCount === 0 ? now - 1 : now},${newCount} @@\n${lines.join('')}`;
}
