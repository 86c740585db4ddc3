import { highestPriority, prioritize } from '@kso/domain';
import type { PrioritizedResource, ResourceResult } from '@kso/wire';
import type { EvaluatedResource } from './port.ts';
import type { PosturePolicy } from './posture-policy.ts';

/** The three workloads of the highest risk along the attack tracks, the worst first (scanner.md 18). */
export function prioritizedResources(
  results: Iterable<ResourceResult>,
  resource: (id: string) => EvaluatedResource | undefined,
  { catalogue, attackTracks }: Pick<PosturePolicy, 'catalogue' | 'attackTracks'>,
): PrioritizedResource[] {
  const scores = new Map(catalogue.controls.map(({ id, baseScore }) => [id, baseScore]));
  const context = { tracks: attackTracks, baseScore: (id: string) => scores.get(id) };
  return highestPriority(prioritizedIn(results, resource, context));
}

function* prioritizedIn(
  results: Iterable<ResourceResult>,
  resource: (id: string) => EvaluatedResource | undefined,
  context: Parameters<typeof prioritize>[2],
): Iterable<PrioritizedResource> {
  for (const result of results) {
    const { apiVersion, kind, name } = result;
    const object = resource(result.resourceId)?.object;
    if (object === undefined) continue;
    const prioritized = prioritize(result, { ...object, apiVersion, kind, metadata: { name } }, context);
    if (prioritized !== undefined) yield prioritized;
  }
}
