import type { KubeObject } from '@kso/wire';
import { type Container, type Workload, workloadOf } from '../workload.ts';
import type { ShapeProblem } from './problems.ts';

/** A copy of an object that tells which of its wrong values were read. */
export interface Watched<T> {
  readonly value: T;
  firstRead(): ShapeProblem | undefined;
}

export function watchedObject(object: KubeObject, problems: readonly ShapeProblem[]): Watched<KubeObject> {
  const read = new Set<ShapeProblem>();
  const value = structuredClone(object);
  for (const problem of problems) watch(value, problem, read);
  return { value, firstRead: () => problems.find((problem) => read.has(problem)) };
}

/** Of a workload most is read beforehand, for its normal form: there the use of that form counts. */
export function watchedWorkload(object: KubeObject, problems: readonly ShapeProblem[]): Watched<Workload> | undefined {
  const read = new Set<ShapeProblem>();
  const copy = structuredClone(object);
  for (const problem of problems) watch(copy, problem, read);
  const workload = workloadOf(copy);
  if (workload === undefined) return undefined;
  read.clear();
  const used = new Set<string>();
  const containers = workload.containers.map((container) => noting(container, used));
  return {
    value: noting({ ...workload, containers }, used),
    firstRead: () => problems.find((problem) => read.has(problem) || [...used].some((part) => isFrom(problem, part))),
  };
}

function watch(root: object, problem: ShapeProblem, read: Set<ShapeProblem>): void {
  const { steps } = problem;
  let parent = root as Record<string | number, unknown>;
  for (const step of steps.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
  const last = steps.at(-1) ?? '';
  const value = parent[last];
  Object.defineProperty(parent, last, {
    enumerable: true,
    configurable: true,
    get() {
      read.add(problem);
      return value;
    },
  });
}

function noting<T extends Workload | Container>(part: T, used: Set<string>): T {
  return new Proxy(part, {
    get(target, name, receiver) {
      if (typeof name === 'string') used.add(name);
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
}

/** Where the parts of the normal form come from: fields with all below them. */
const origins: Readonly<Record<string, readonly string[]>> = {
  podLabels: ['labels'],
  podAnnotations: ['annotations'],
  os: ['os', 'nodeSelector'],
  serviceAccountName: ['serviceAccountName', 'serviceAccount'],
  automountServiceAccountToken: ['automountServiceAccountToken'],
  volumes: ['volumes'],
  image: ['image'],
  capabilities: ['capabilities'],
  mounts: ['volumeMounts'],
};

const containerLists: readonly (string | number | undefined)[] = [
  'containers',
  'initContainers',
  'ephemeralContainers',
];

function isFrom({ steps }: ShapeProblem, part: string): boolean {
  // The lists, and entries that are no containers.
  if (part === 'containers') return containerLists.includes(steps.at(-1)) || containerLists.includes(steps.at(-2));
  if ((part === 'podLabels' || part === 'podAnnotations') && steps.at(-1) === 'metadata') return true;
  // The contexts themselves are read beforehand, their fields when somebody asks.
  if (part === 'securityContext' || part === 'capabilities')
    return steps.at(-1) === 'securityContext' || has(steps, part);
  return has(steps, part);
}

function has(steps: ShapeProblem['steps'], part: string): boolean {
  return origins[part]?.some((field) => steps.includes(field)) === true;
}
