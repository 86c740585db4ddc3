import { controls, defaultControlInputs, libraryVersion } from '@kso/controls';
import { createPolicyEngine } from '@kso/engines';
import { readJsonLines, testDataFile } from '@kso/testkit/test-data';
import type { Finding, KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { goldenLine } from './verdicts.ts';

const inContainer = /(?:^|\.)(?:containers|initContainers|ephemeralContainers)\[\d+\]/;

/** What a finding lacks that people need to act on it. */
function lacks({ message, paths, container, found, wanted }: Finding): string[] {
  const points = new Set(paths.map(({ type }) => type));
  const own = paths.filter(({ resourceId }) => resourceId === undefined);
  const isWrong = points.has('failed') || points.has('delete');
  return [
    ...(/^[A-Z].{10,}[.?]$/s.test(message) ? [] : ['a sentence']),
    ...(points.size > 0 ? [] : ['a place']),
    ...(points.has('fix') || points.has('review') || points.has('delete') ? [] : ['what to do']),
    ...(paths.every((path) => path.type !== 'fix' || path.value !== '') ? [] : ['the value to set']),
    // Where nothing is set there is nothing to be found.
    ...(!isWrong || (found ?? '') !== '' ? [] : ['the value found']),
    ...((wanted ?? '') === '' ? ['the value wanted'] : []),
    ...(container === undefined && own.some(({ path }) => inContainer.test(path)) ? ['the container'] : []),
  ];
}

function findingsOf(objects: readonly KubeObject[]): (readonly [control: string, finding: Finding])[] {
  const engine = createPolicyEngine({ controls, inputs: defaultControlInputs, libraryVersion, incremental: false });
  for (const object of objects) engine.apply({ type: 'added', object });
  engine.evaluate();
  return [...engine.results()].flatMap((result) =>
    result.controls.flatMap(({ controlId, rules }) =>
      rules.flatMap(({ verdict }) =>
        verdict.status === 'failed' ? verdict.findings.map((finding) => [controlId, finding] as const) : [],
      ),
    ),
  );
}

describe.each(['golden/rule-cases.jsonl', 'golden/badpods.jsonl', 'golden/charts.jsonl'])('findings in %s', (name) => {
  const file = testDataFile(name);

  it.skipIf(file === undefined)('tell where, what is there, what should be there, and what to do', () => {
    const lines = file === undefined ? [] : readJsonLines<Parameters<typeof goldenLine>[0]>(file).map(goldenLine);
    const incomplete = new Map<string, string>();
    let seen = 0;
    for (const { id, resources } of lines)
      for (const [control, finding] of findingsOf(resources)) {
        seen++;
        const missing = lacks(finding);
        if (missing.length > 0) incomplete.set(`${control} lacks ${missing.join(', ')}`, `${id}: ${finding.message}`);
      }
    expect(Object.fromEntries(incomplete)).toEqual({});
    expect(seen).toBeGreaterThan(500);
  });
});
