import { isRecord, type UnknownRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { kindName, kindOf } from '../kinds.ts';
import type { Shape } from './shape.ts';
import { shapes } from './shapes.ts';

/** A value of a type that Kubernetes refuses in its place. */
export interface ShapeProblem {
  readonly steps: readonly (string | number)[];
  readonly wanted: string;
}

const none: readonly ShapeProblem[] = [];
const known = new WeakMap<KubeObject, readonly ShapeProblem[]>();

/** The values of a wrong type in the fields that controls read. Looked for once per object. */
export function shapeProblems(object: KubeObject): readonly ShapeProblem[] {
  let problems = known.get(object);
  if (problems === undefined) {
    const shape = shapes[kindName(kindOf(object))];
    const found: ShapeProblem[] = [];
    if (shape !== undefined) visit(object, shape, [], found);
    problems = found.length === 0 ? none : found;
    known.set(object, problems);
  }
  return problems;
}

/** How the place of a problem is written: `spec.containers[0].image`. */
export function pathOf({ steps }: ShapeProblem): string {
  return steps
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1);
}

function visit(value: unknown, shape: Shape, steps: (string | number)[], found: ShapeProblem[]): void {
  if (value === undefined || value === null) return;
  if (typeof shape === 'string') {
    const { wanted, fits } = leafTypes[shape];
    if (!fits(value)) found.push({ steps: [...steps], wanted });
    return;
  }
  if ('list' in shape) visitList(value, shape.list, steps, found);
  else if (isRecord(value)) visitFields(value, shape.fields, steps, found);
  else found.push({ steps: [...steps], wanted: 'an object' });
}

function visitList(value: unknown, shape: Shape, steps: (string | number)[], found: ShapeProblem[]): void {
  if (!Array.isArray(value)) {
    found.push({ steps: [...steps], wanted: 'a list' });
    return;
  }
  for (const [index, item] of (value as unknown[]).entries()) {
    steps.push(index);
    if (item === null) found.push({ steps: [...steps], wanted: 'something' });
    visit(item, shape, steps, found);
    steps.pop();
  }
}

function visitFields(
  value: UnknownRecord,
  shape: ReadonlyMap<string, Shape>,
  steps: (string | number)[],
  found: ShapeProblem[],
): void {
  for (const key of Object.keys(value)) {
    const of = shape.get(key);
    if (of === undefined) continue;
    steps.push(key);
    visit(value[key], of, steps, found);
    steps.pop();
  }
}

type Leaf = Extract<Shape, string>;

const leafTypes: Readonly<Record<Leaf, { readonly wanted: string; fits(value: unknown): boolean }>> = {
  text: { wanted: 'a text', fits: isText },
  boolean: { wanted: 'true or false', fits: (value) => typeof value === 'boolean' },
  number: { wanted: 'a number', fits: (value) => typeof value === 'number' },
  scalar: { wanted: 'a number or a text', fits: isNumberOrText },
  texts: { wanted: 'a list of texts', fits: (value) => Array.isArray(value) && value.every(isText) },
  textMap: { wanted: 'an object of texts', fits: (value) => isMapOf(value, isText) },
  scalarMap: { wanted: 'an object of quantities', fits: (value) => isMapOf(value, isNumberOrText) },
};

function isMapOf(value: unknown, fits: (item: unknown) => boolean): boolean {
  return isRecord(value) && Object.values(value).every((item) => item === null || fits(item));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumberOrText(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string';
}
