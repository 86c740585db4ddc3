import type { AttackVector, KubeObject, PrioritizedResource, ResourceResult } from '@kso/wire';
import { severityOfScore } from '../severity.ts';
import { isRecord, podSpecOf } from '../workload.ts';

/** How an attacker gets on, step by step (scanner.md 18). */
export interface AttackTrack {
  readonly name: string;
  readonly description?: string;
  readonly root: AttackStep;
}

export interface AttackStep {
  readonly name: string;
  /** Controls whose failure lets an attacker take the step. */
  readonly controls: readonly { readonly id: string; readonly tags: readonly string[] }[];
  readonly checksVulnerabilities?: boolean;
  /** Alternatives. */
  readonly next: readonly AttackStep[];
}

/** A control that failed, at the step that it opens. */
type OpenStep = readonly { readonly controlId: string; readonly category: string; readonly tags: readonly string[] }[];

const severityNumbers: Readonly<Record<string, number>> = { Critical: 4, High: 3, Medium: 2, Low: 1 };
/** Tracks that users write may have any number of controls at a step, and every combination is a vector. */
const maxVectors = 1000;
const prioritizedKinds = new Set('Deployment Pod ReplicaSet Node DaemonSet StatefulSet Job CronJob'.split(' '));

export interface PriorityContext {
  readonly tracks: readonly AttackTrack[];
  /** 0 to 10; undefined for a control that is not selected, which then opens no step. */
  baseScore(controlId: string): number | undefined;
}

/** The ways along the tracks that a workload's failed controls open. Undefined if there are none, or for other kinds. */
export function prioritize(
  { resourceId, controls }: Pick<ResourceResult, 'resourceId' | 'controls'>,
  object: KubeObject,
  context: PriorityContext,
): PrioritizedResource | undefined {
  if (!prioritizedKinds.has(object.kind) && podSpecOf(object) === undefined) return undefined;
  const failed = new Set(controls.filter(({ status }) => status === 'failed').map(({ controlId }) => controlId));
  if (failed.size === 0) return undefined;
  const factor = 1 + replicasOf(object) / 10;
  const vectors = context.tracks
    .flatMap(({ name, root }) =>
      combinations(pathsOf(root, failed)).map((steps): AttackVector => {
        const scores = steps.map(({ controlId }) => context.baseScore(controlId) ?? 0);
        return {
          attackTrack: name,
          steps,
          score: scores.reduce((product, score) => product * score, 1) * factor,
          severity: Math.max(...scores.map((score) => severityNumbers[severityOfScore(score)] ?? 0)),
        };
      }),
    )
    .filter(({ score, steps }) => score > 0 && steps.some(({ tags }) => tags.some((tag) => tag !== 'security-impact')));
  if (vectors.length === 0) return undefined;
  return {
    resourceId,
    vectors,
    score: vectors.reduce((sum, { score }) => sum + score, 0),
    severity: Math.max(...vectors.map(({ severity }) => severity)),
  };
}

/** The workloads of the highest score, the worst first. */
export function highestPriority(resources: Iterable<PrioritizedResource>, count = 3): PrioritizedResource[] {
  const highest: PrioritizedResource[] = [];
  for (const resource of resources) {
    highest.push(resource);
    highest.sort((a, b) => b.score - a.score || (a.resourceId < b.resourceId ? -1 : 1));
    highest.length = Math.min(highest.length, count);
  }
  return highest;
}

/** All ways from the first to the last step that something failed at; steps without a failure are passed over. */
function pathsOf(step: AttackStep, failed: ReadonlySet<string>): OpenStep[][] {
  const open = step.controls
    .filter(({ id }) => failed.has(id))
    .map(({ id, tags }) => ({ controlId: id, category: step.name, tags }));
  const further = step.next.flatMap((next) => pathsOf(next, failed));
  if (open.length === 0) return further;
  return further.length === 0 ? [[open]] : further.map((path) => [open, ...path]);
}

/** One control per step, in every combination. */
function combinations(paths: readonly (readonly OpenStep[])[]): OpenStep[number][][] {
  const found: OpenStep[number][][] = [];
  for (const path of paths) {
    let partial: OpenStep[number][][] = [[]];
    for (const step of path)
      partial = partial.flatMap((start) => step.map((control) => [...start, control])).slice(0, maxVectors);
    found.push(...partial);
    if (found.length >= maxVectors) return found.slice(0, maxVectors);
  }
  return found;
}

function replicasOf({ spec }: KubeObject): number {
  const replicas: unknown = isRecord(spec) ? spec['replicas'] : undefined;
  return typeof replicas === 'number' && Number.isFinite(replicas) && replicas >= 0 ? replicas : 1;
}
