import { globSync } from 'node:fs';
import { isRecord } from '@kso/domain';
import type { ContainerList, Finding, KubeObject, Verdict } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { withControlInputs } from '../catalogue/inputs.ts';
import type { Control, RuleContext } from '../control.ts';
import { kindName, kindOf } from '../objects/kinds.ts';
import { objectId } from '../objects/resource-id.ts';
import { shapeProblems } from '../objects/shape/problems.ts';
import { shapes } from '../objects/shape/shapes.ts';
import { workloadOf } from '../objects/workload.ts';
import { type RecordedCase, recordedCases } from '../testing/recorded.ts';
import { simpleRelations, vectors } from '../testing/simple-relations.ts';
import { controls } from './index.ts';

// All tests of controls once more, in this process: what they ask is recorded, and below stands what is true of all of it.
const own = ['every-control.test.ts', 'malformed.test.ts'];
for (const file of globSync('**/*.test.ts', { cwd: import.meta.dirname }).sort())
  if (!own.includes(file)) await import(/* @vite-ignore */ `./${file}`);

const byId = new Map(controls.map((control) => [control.id, control]));

/** Controls of the same rules are one check under several ids, and share its cases. */
function checkOf(id: string): string {
  return (byId.get(id)?.rules ?? []).map(({ name }) => name).join();
}

function casesOf({ id }: Control, status: Verdict['status']): RecordedCase[] {
  return recordedCases().filter(
    ({ controlId, verdict }) => verdict.status === status && checkOf(controlId) === checkOf(id),
  );
}

/** Every object of their kind fails (scanner.md 23): there is nothing in it that has to be understood. */
const inventories = new Set(['C-0026', 'C-0036', 'C-0039', 'C-0209', 'C-0232']);
/** Only the namespace counts, without which there is no object. */
const byNamespace = new Set(['C-0061', 'C-0212']);
/** Everything that is told fails, so that people look at it. */
const reminders = new Set(['C-0222', 'C-0251', 'C-0308']);

/** What the control of the library says, which is more than its rules alone say. */
function judge({ controlId, object, others, inputs }: Omit<RecordedCase, 'verdict'>): (Verdict | undefined)[] {
  const objects = object === undefined ? others : [object, ...others];
  const context: RuleContext = {
    inputs: withControlInputs(inputs),
    related: simpleRelations(objects),
    id: objectId,
  };
  return (byId.get(controlId)?.rules ?? []).flatMap((rule) => {
    if (rule.target === 'subject')
      return object === undefined ? vectors(objects).map((vector) => rule.check(vector, context)) : [];
    if (object === undefined || !rule.kinds.some((kind) => kindName(kind) === kindName(kindOf(object)))) return [];
    if (rule.target === 'object') return [rule.check(object, context)];
    const workload = workloadOf(object);
    return workload === undefined || rule.applies?.(workload) === false ? [] : [rule.check(workload, context)];
  });
}

type Steps = readonly (string | number)[];

/** `spec.containers[0].env[2]` and `metadata.annotations[a.b/c]`, step by step. */
function stepsOf(path: string): Steps {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, bracketed, name]) =>
    bracketed !== undefined && /^\d+$/.test(bracketed) ? Number(bracketed) : (bracketed ?? name ?? ''),
  );
}

function valueAt(object: KubeObject, steps: Steps): unknown {
  return steps.reduce<unknown>(
    (value, step) =>
      isRecord(value) || Array.isArray(value) ? (value as Record<string | number, unknown>)[step] : undefined,
    object,
  );
}

function replaced(object: KubeObject, steps: Steps, value: unknown): KubeObject {
  const copy = structuredClone(object);
  const parent = valueAt(copy, steps.slice(0, -1)) as Record<string | number, unknown>;
  parent[steps.at(-1) ?? ''] = value;
  return copy;
}

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const wrongValues = [7, 'x', true, [], {}, [7], 'true', 'false'];

const both = ['initContainers', 'ephemeralContainers'];
const ephemeral = ['ephemeralContainers'];
/** Probes are for what goes on running, ephemeral containers have no resources, and C-0211 has many rules, each with its own tests. */
const onlyOrdinary: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(['C-0018', 'C-0056', 'C-0211'].map((id) => [id, both])),
  ...Object.fromEntries(
    ['C-0004', 'C-0009', 'C-0050', 'C-0268', 'C-0269', 'C-0270', 'C-0271'].map((id) => [id, ephemeral]),
  ),
};

/** The workload with its containers in another list, undefined if it has none. */
function moved(entry: RecordedCase, list: ContainerList): RecordedCase | undefined {
  const { object } = entry;
  const path = object === undefined ? undefined : workloadOf(object)?.podPath;
  if (object === undefined || path === undefined) return undefined;
  const podSpec = valueAt(object, stepsOf(path));
  if (!isRecord(podSpec)) return undefined;
  const { containers, ...rest } = podSpec;
  return { ...entry, object: replaced(object, stepsOf(path), { ...rest, containers: [], [list]: containers }) };
}

/** The places that a finding names in the object, and those above them, as far as something stands there. */
function placesOf(object: KubeObject, finding: Finding, id: string | undefined): Steps[] {
  return finding.paths
    .filter(({ resourceId }) => resourceId === id)
    .flatMap(({ path }) => {
      const steps = stepsOf(path);
      return steps.map((_, index) => steps.slice(0, index + 1));
    })
    .filter((place) => {
      // A binding whose subjects cannot be read gives nobody anything: what it says about itself is judged with it.
      const isSubject = place[0] === 'subjects' && place.length <= 2;
      return !isSubject && place.join() !== 'metadata' && (valueAt(object, place) ?? undefined) !== undefined;
    });
}

/** The object with one wrongly typed value at each of the places. Values that fit their place are left out. */
function wronglyTyped(object: KubeObject, finding: Finding, id: string | undefined): [string, KubeObject][] {
  const isShaped = Object.hasOwn(shapes, kindName(kindOf(object)));
  const isWrong = (value: unknown, there: unknown): boolean =>
    textOf(value) !== textOf(there) &&
    (typeOf(value) !== typeOf(there) || (isShaped && Array.isArray(value) && value.length > 0));
  return placesOf(object, finding, id).flatMap((place) =>
    wrongValues
      .filter((value) => isWrong(value, valueAt(object, place)))
      .map((value): [string, KubeObject] => [
        `${place.join('.')}=${JSON.stringify(value)}`,
        replaced(object, place, value),
      ])
      .filter(([, wrong]) => !isShaped || shapeProblems(wrong).length > 0),
  );
}

function findingsOf({ verdict }: RecordedCase): readonly Finding[] {
  return verdict.status === 'failed' ? verdict.findings : [];
}

const perControl = 4;

describe('every control', () => {
  it('has a failing case of its own, and a passing one where it can pass at all', () => {
    const lacking = controls.flatMap((control) => {
      const always = inventories.has(control.id) || reminders.has(control.id);
      const wanted = always ? (['failed'] as const) : (['failed', 'passed'] as const);
      const missing = wanted.filter((status) => casesOf(control, status).length === 0);
      return missing.length === 0 ? [] : [`${control.id} ${missing.join(', ')}`];
    });
    expect(lacking).toEqual([]);
  });

  it('has a case that it does not evaluate, or one that passes and no longer does with a malformed value in it', () => {
    const lacking = controls.filter(
      (control) =>
        !inventories.has(control.id) &&
        !byNamespace.has(control.id) &&
        casesOf(control, 'notEvaluated').length === 0 &&
        !casesOf(control, 'passed').some((entry) => spoiled(entry).some(isRefused)),
    );
    expect(lacking.map(({ id }) => id)).toEqual([]);
  });

  it.each(['initContainers', 'ephemeralContainers'] as const)('B07 looks at %s as well, and says which', (list) => {
    const silent = controls
      .filter(({ id, rules }) => rules[0]?.target === 'workload' && onlyOrdinary[id]?.includes(list) !== true)
      .filter((control) =>
        casesOf(control, 'failed')
          .filter((entry) => findingsOf(entry).every(({ container }) => container?.list === 'containers'))
          .flatMap((entry) => moved(entry, list) ?? [])
          .some((entry) => {
            // What is only about static pods has nothing to say about a pod that runs no such program.
            const verdicts = judge(entry);
            const findings = verdicts.flatMap((verdict) => (verdict?.status === 'failed' ? verdict.findings : []));
            return (
              (verdicts.length > 0 && findings.length === 0) ||
              findings.some(({ container }) => container?.list !== list)
            );
          }),
      );
    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it.each(controls.map((control) => [control.id, control] as const))(
    '%s does not pass what failed because a value is of a wrong type',
    (_id, control) => {
      const accidents = casesOf(control, 'failed')
        .slice(0, perControl)
        .flatMap((entry) => [...malformedCases(entry)].flatMap(([what, changed]) => (passes(changed) ? what : [])));
      expect([...new Set(accidents)]).toEqual([]);
    },
  );
});

function passes(entry: Omit<RecordedCase, 'verdict'>): boolean {
  const verdicts = judge(entry);
  return verdicts.length > 0 && verdicts.every((verdict) => verdict?.status === 'passed');
}

/** The case with wrongly typed values where its findings point to, in the object itself and in those that took part. */
function* malformedCases(entry: RecordedCase): Iterable<[string, RecordedCase]> {
  const { object, others } = entry;
  for (const finding of findingsOf(entry)) {
    const own = object === undefined ? [] : wronglyTyped(object, finding, undefined);
    for (const [what, wrong] of own) yield [what, { ...entry, object: wrong }];
    for (const [index, other] of others.entries())
      for (const [what, wrong] of wronglyTyped(other, finding, objectId(other)))
        yield [`${other.kind} ${what}`, { ...entry, others: others.with(index, wrong) }];
  }
}

function isRefused(entry: Omit<RecordedCase, 'verdict'>): boolean {
  return judge(entry).some((verdict) => verdict !== undefined && verdict.status !== 'passed');
}

/** The case with each of its values replaced by one of another type, one at a time. */
function spoiled(entry: RecordedCase): Omit<RecordedCase, 'verdict'>[] {
  const { object, others } = entry;
  const wrong = (spoilt: KubeObject): KubeObject[] =>
    placesIn(spoilt).flatMap((place) => [7, 'x', [{}]].map((value) => replaced(spoilt, place, value)));
  return [
    ...(object === undefined ? [] : wrong(object).map((changed) => ({ ...entry, object: changed }))),
    ...others.flatMap((other, index) =>
      wrong(other).map((changed) => ({ ...entry, others: others.with(index, changed) })),
    ),
  ];
}

/** Without these an object is none. */
const identity = new Set(['apiVersion', 'kind', 'metadata', 'name', 'namespace']);

function placesIn(value: unknown, steps: Steps = []): Steps[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const place = [...steps, Array.isArray(value) ? Number(key) : key];
    const isNeeded = steps.length < 2 && identity.has(key);
    return [...(isNeeded ? [] : [place]), ...placesIn(child, place)];
  });
}
