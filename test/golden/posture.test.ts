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
}

const differences = JSON.parse(
  readFileSync(new URL('./differences.json', import.meta.url), 'utf8'),
) as readonly Difference[];
const known = new Set(controls.map(({ id }) => id));

/** Differences of one line as texts, ours and theirs, so that a failure shows which object under which control. */
function intended(line: string): string[] {
  return differences.flatMap(({ control, stricter = {}, milder = {} }) => [
    ...(stricter[line] ?? []).map((object) => `${control} + ${object}`),
    ...(milder[line] ?? []).map((object) => `${control} - ${object}`),
  ]);
}

/** Not evaluated here, because the lines hold none of what a service discovery would have found; the existing library passes that. */
const withoutData: ReadonlySet<string> = new Set(['C-0274']);

describe.each(['golden/rule-cases.jsonl', 'golden/badpods.jsonl', 'golden/charts.jsonl'])('%s', (name) => {
  const file = testDataFile(name);
  const lines = file === undefined ? [] : readJsonLines<Parameters<typeof goldenLine>[0]>(file).map(goldenLine);

  it.skipIf(file === undefined)('has the verdicts of our controls, apart from the intended differences', () => {
    let compared = 0;
    const found: Record<string, string[]> = {};
    const wanted: Record<string, string[]> = {};
    for (const { id, resources, verdicts } of lines) {
      const { failed, notEvaluated } = ourVerdicts(resources);
      const unanswered = notEvaluated.filter((entry) => {
        const control = entry.split(' ', 1)[0] ?? '';
        return Object.hasOwn(verdicts, control) && !withoutData.has(control);
      });
      expect({ id, unanswered }).toEqual({ id, unanswered: [] });
      const differing = Object.entries(verdicts).flatMap(([control, theirs]) => {
        if (!known.has(control)) return [];
        compared++;
        const ours = failed.get(control) ?? new Set();
        return [
          ...[...ours].filter((object) => !theirs.includes(object)).map((object) => `${control} + ${object}`),
          ...theirs.filter((object) => !ours.has(object)).map((object) => `${control} - ${object}`),
        ];
      });
      if (differing.length > 0) found[id] = differing.sort();
      if (intended(id).length > 0) wanted[id] = intended(id).sort();
    }
    expect(found).toEqual(wanted);
    expect(compared).toBeGreaterThan(60);
  });
});

describe('differences.json', () => {
  it('gives a reason for every difference', () => {
    for (const { control, reason } of differences) {
      expect([...known]).toContain(control);
      expect(reason.length).toBeGreaterThan(30);
    }
  });
});
