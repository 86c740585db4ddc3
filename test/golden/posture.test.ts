import { readFileSync } from 'node:fs';
import { controls } from '@kso/controls';
import { readJsonLines, testDataFile } from '@kso/testkit/test-data';
import { describe, expect, it } from 'vitest';
import { goldenLine, ourVerdicts } from './verdicts.ts';

interface Difference {
  readonly control: string;
  readonly reason: string;
  /** Line → objects that fail here and not there. */
  readonly stricter?: Readonly<Record<string, readonly string[]>>;
  /** Line → objects that fail there and not here. */
  readonly milder?: Readonly<Record<string, readonly string[]>>;
  /** Line → objects that are judged there, and of which too little is known here. */
  readonly notEvaluated?: Readonly<Record<string, readonly string[]>>;
}

const differences = JSON.parse(
  readFileSync(new URL('./differences.json', import.meta.url), 'utf8'),
) as readonly Difference[];
const known = new Set(controls.map(({ id }) => id));
/** Per control: pairs of a line and the control, and those of them that agree. */
const agreement = new Map<string, { pairs: number; agreeing: number }>();

/** Differences of one line as texts, so that a failure shows which object under which control. */
function intended(line: string): string[] {
  return differences.flatMap(({ control, stricter = {}, milder = {}, notEvaluated = {} }) => [
    ...(stricter[line] ?? []).map((object) => `${control} + ${object}`),
    ...(milder[line] ?? []).map((object) => `${control} - ${object}`),
    ...(notEvaluated[line] ?? []).map((object) => `${control} ? ${object}`),
  ]);
}

function differing(
  control: string,
  theirs: readonly string[],
  { failed, notEvaluated }: ReturnType<typeof ourVerdicts>,
): string[] {
  const ours = failed.get(control) ?? new Set<string>();
  const unknown = notEvaluated.get(control) ?? new Set<string>();
  return [
    ...[...ours].filter((object) => !theirs.includes(object)).map((object) => `${control} + ${object}`),
    ...theirs.filter((object) => !ours.has(object) && !unknown.has(object)).map((object) => `${control} - ${object}`),
    ...[...unknown].map((object) => `${control} ? ${object}`),
  ];
}

function count(control: string, agrees: boolean): void {
  const { pairs, agreeing } = agreement.get(control) ?? { pairs: 0, agreeing: 0 };
  agreement.set(control, { pairs: pairs + 1, agreeing: agreeing + (agrees ? 1 : 0) });
}

const files = ['golden/rule-cases.jsonl', 'golden/badpods.jsonl', 'golden/charts.jsonl'];

describe.each(files)('%s', (name) => {
  const file = testDataFile(name);
  const lines = file === undefined ? [] : readJsonLines<Parameters<typeof goldenLine>[0]>(file).map(goldenLine);

  it.skipIf(file === undefined)('has the verdicts of our controls, apart from the intended differences', () => {
    const found: Record<string, string[]> = {};
    const wanted: Record<string, string[]> = {};
    for (const { id, resources, verdicts } of lines) {
      const ours = ourVerdicts(resources);
      const different = Object.entries(verdicts).flatMap(([control, theirs]) => {
        if (!known.has(control)) return [];
        const list = differing(control, theirs, ours);
        count(control, list.length === 0);
        return list;
      });
      if (different.length > 0) found[id] = different.sort();
      if (intended(id).length > 0) wanted[id] = intended(id).sort();
    }
    expect(found).toEqual(wanted);
  });
});

describe('differences.json', () => {
  it('gives a reason for every difference', () => {
    for (const { control, reason } of differences) {
      expect([...known]).toContain(control);
      expect(reason.length).toBeGreaterThan(30);
    }
  });

  it.skipIf(files.some((name) => testDataFile(name) === undefined))('holds fewer than 5 % of all pairs', () => {
    const all = [...agreement].sort(([a], [b]) => (a < b ? -1 : 1));
    const pairs = all.reduce((sum, [, entry]) => sum + entry.pairs, 0);
    const agreeing = all.reduce((sum, [, entry]) => sum + entry.agreeing, 0);
    const lines = all.filter(([, entry]) => entry.agreeing < entry.pairs);
    const share = (part: number, whole: number): string =>
      `${part} of ${whole} (${((100 * part) / whole).toFixed(2)} %)`;
    process.stdout.write(
      [
        `agreement over ${all.length} controls: ${share(agreeing, pairs)}; below 100 %:`,
        ...lines.map(([id, entry]) => `  ${id} ${share(entry.agreeing, entry.pairs)}`),
        '',
      ].join('\n'),
    );
    expect(pairs).toBeGreaterThan(12_000);
    expect(agreeing / pairs).toBeGreaterThan(0.95);
  });
});
