import { type Control, controls, defaultControlInputs } from '@kso/controls';
import type { KubeObject, ResourceResult, VerdictStatus } from '@kso/wire';
import { createPolicyEngine } from '../engine.ts';
import type { PolicyEngine, PolicyEngineOptions } from '../port.ts';

const sampleIds = new Set(
  [
    2, 4, 5, 12, 13, 15, 16, 17, 30, 34, 35, 38, 41, 44, 45, 46, 48, 50, 54, 55, 57, 58, 59, 255, 256, 259, 267, 270,
    271, 292,
  ].map((number) => `C-${String(number).padStart(4, '0')}`),
);

/** Controls with rules of every sort, so that tests of the engine stay as they are when the library grows. */
export const sample: readonly Control[] = controls.filter(({ id }) => sampleIds.has(id));

/** An engine with these objects, evaluated. */
export function engineOf(objects: readonly KubeObject[], options: Partial<PolicyEngineOptions> = {}): PolicyEngine {
  const engine = createPolicyEngine({
    controls: sample,
    inputs: defaultControlInputs,
    libraryVersion: '1',
    ...options,
  });
  for (const object of objects) engine.apply({ type: 'added', object });
  engine.evaluate();
  return engine;
}

/** All results by resource id, to be compared. */
export function allResults(engine: PolicyEngine): Record<string, ResourceResult> {
  return Object.fromEntries(Array.from(engine.results(), (result) => [result.resourceId, result]));
}

export function statusOf(engine: PolicyEngine, resourceId: string, controlId: string): VerdictStatus | undefined {
  return engine.result(resourceId)?.controls.find((control) => control.controlId === controlId)?.status;
}

/** A control of one workload rule, for tests about the engine itself. */
export function control(id: string, rule: Partial<Control['rules'][number]>): Control {
  const [template] = controls.find((candidate) => candidate.id === 'C-0057')?.rules ?? [];
  return { id, rules: [{ ...template, name: id.toLowerCase(), related: [], ...rule } as Control['rules'][number]] };
}
