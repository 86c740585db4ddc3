import type { ControlInfo } from '@kso/controls';
import { type Framework, selectControls } from '@kso/controls';
import { createSummaryCounter, type PolicyEngine, type SummaryCounter } from '@kso/engines';
import type { ResourceResult } from '@kso/wire';
import type { Changes } from './session.ts';

/** The summary of everything, kept up to date with each change: a report about one object costs the same in a large cluster. */
export interface RunningSummary {
  readonly controls: readonly ControlInfo[];
  readonly frameworks: readonly Framework[];
  update(changes: Changes): void;
  summary: SummaryCounter['summary'];
}

export function createRunningSummary(engine: PolicyEngine, scope: 'cluster' | 'file'): RunningSummary {
  const selection = selectControls({ scope });
  const { controls, frameworks } = selection.ok ? selection : { controls: [], frameworks: [] };
  const counter = createSummaryCounter(controls, frameworks);
  /** What was added, to be taken out again when it changes. */
  const counted = new Map<string, { readonly result: ResourceResult; readonly weight: number }>();
  const takeOut = (id: string): void => {
    const known = counted.get(id);
    if (known === undefined) return;
    counter.remove(known.result, known.weight);
    counted.delete(id);
  };
  return {
    controls,
    frameworks,
    update: ({ changed, removed }) => {
      for (const id of removed) takeOut(id);
      for (const result of changed) {
        takeOut(result.resourceId);
        const weight = engine.resource(result.resourceId)?.weight ?? 1;
        counter.add(result, weight);
        counted.set(result.resourceId, { result, weight });
      }
    },
    summary: (missing, accepted) => counter.summary(missing, accepted),
  };
}
