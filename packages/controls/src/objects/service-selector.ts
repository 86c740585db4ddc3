import { isRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { type LabelSelector, parseServiceSelector } from './selector.ts';
import { shapeProblems } from './shape/problems.ts';

const everything: LabelSelector = { labels: [], requirements: [] };

/**
 * Which pods a Service leads to; undefined for none. One whose selector cannot be understood might lead to each: it must be seen by those
 * who ask, so that they do not take it for none.
 */
export function serviceSelectorOf(service: KubeObject): LabelSelector | undefined {
  const isUnclear = shapeProblems(service).some(
    ({ steps }) => steps[0] === 'spec' && (steps.length === 1 || steps[1] === 'selector'),
  );
  if (isUnclear) return everything;
  return isRecord(service['spec']) ? parseServiceSelector(service['spec']) : undefined;
}
