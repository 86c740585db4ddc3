import type { ControlInfo } from '@kso/controls';
import { type Framework, type PolicyCatalogue, selectControls } from '@kso/controls';
import { createSummaryCounter, type PolicyEngine, type SummaryCounter } from '@kso/engines';
import type { ResourceResult } from '@kso/wire';
import { type NamespaceChoice, namespaceFilter } from './namespaces.ts';
import type { Changes } from './session.ts';
import type { Place } from './target.ts';

/** The summary of everything, kept up to date with each change: a report about one object costs the same in a large cluster. */
export interface RunningSummary {
  readonly controls: readonly ControlInfo[];
  readonly frameworks: readonly Framework[];
  /** Who runs the cluster: with another one the controls and frameworks are others. */
  readonly provider: Place['provider'];
  update(changes: Changes): void;
  summary: SummaryCounter['summary'];
}

/** `catalogue`: the frameworks that are summed up, of the objects in these namespaces. What was evaluated before counts from the start. */
export function createRunningSummary(
  engine: PolicyEngine,
  place: Place,
  catalogue: PolicyCatalogue,
  namespaces: NamespaceChoice,
): RunningSummary {
  const isWanted = namespaceFilter(namespaces, engine);
  const selection = selectControls({ ...place, catalogue });
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
  const add = (result: ResourceResult): void => {
    if (isWanted?.(result) === false) return;
    const weight = engine.resource(result.resourceId)?.weight ?? 1;
    counter.add(result, weight);
    counted.set(result.resourceId, { result, weight });
  };
  for (const result of engine.results()) add(result);
  return {
    controls,
    frameworks,
    provider: place.provider,
    update: ({ changed, removed }) => {
      for (const id of removed) takeOut(id);
      for (const result of changed) {
        takeOut(result.resourceId);
        add(result);
      }
    },
    summary: (missing, accepted) => counter.summary(missing, accepted),
  };
}
