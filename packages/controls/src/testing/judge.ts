import type { Finding, FindingPath, KubeObject, Verdict } from '@kso/wire';
import { type ControlInputs, withControlInputs } from '../catalogue/inputs.ts';
import type { Control, RuleContext } from '../control.ts';
import { kindName, kindOf } from '../objects/kinds.ts';
import { objectId } from '../objects/resource-id.ts';
import { workloadOf } from '../objects/workload.ts';
import { record } from './recorded.ts';
import { simpleRelations, vectors } from './simple-relations.ts';

export interface Scene {
  /** Other objects of the scan. */
  readonly others?: readonly KubeObject[];
  readonly inputs?: Partial<ControlInputs>;
}

/** The verdict of a control on one object, undefined if it has nothing to say about such an object. */
export function verdictOn(control: Control, object: KubeObject, scene: Scene = {}): Verdict | undefined {
  const verdict = judged(control, object, scene);
  const { others = [], inputs = {} } = scene;
  if (verdict !== undefined) record({ controlId: control.id, object, others, inputs, verdict });
  return verdict;
}

function judged(control: Control, object: KubeObject, scene: Scene): Verdict | undefined {
  const context = contextOf([object, ...(scene.others ?? [])], scene);
  const kind = kindName(kindOf(object));
  for (const rule of control.rules) {
    if (rule.target === 'subject' || !rule.kinds.some((other) => kindName(other) === kind)) continue;
    if (rule.target === 'object') return rule.check(object, context);
    const workload = workloadOf(object);
    if (workload !== undefined && rule.applies?.(workload) !== false) return rule.check(workload, context);
  }
  return undefined;
}

/** The findings of a control on one object; none when it passes. */
export function findingsOn(control: Control, object: KubeObject, scene: Scene = {}): readonly Finding[] {
  return findingsOf(verdictOn(control, object, scene));
}

/** The findings of a control on RBAC subjects, as `Kind/name` with all of its findings. */
export function subjectFindings(control: Control, objects: readonly KubeObject[]): Record<string, readonly Finding[]> {
  const context = contextOf(objects, {});
  const found: Record<string, readonly Finding[]> = {};
  for (const rule of control.rules) {
    if (rule.target !== 'subject') continue;
    for (const vector of vectors(objects)) {
      const name = `${vector.subject.kind}/${vector.subject.name}`;
      const verdict = rule.check(vector, context);
      record({ controlId: control.id, object: undefined, others: objects, inputs: {}, verdict });
      found[name] = [...(found[name] ?? []), ...findingsOf(verdict)];
    }
  }
  return found;
}

/** Paths of one sort, in order. */
export function pathsOf(findings: readonly Finding[], type: FindingPath['type']): string[] {
  return findings.flatMap(({ paths }) => paths.filter((path) => path.type === type).map(({ path }) => path));
}

export function containersOf(findings: readonly Finding[]): string[] {
  return findings.map(({ container }) => `${container?.list}/${container?.name}`);
}

function contextOf(objects: readonly KubeObject[], { inputs = {} }: Scene): RuleContext {
  return { inputs: withControlInputs(inputs), related: simpleRelations(objects), id: objectId };
}

function findingsOf(verdict: Verdict | undefined): readonly Finding[] {
  if (verdict?.status === 'failed') return verdict.findings;
  if (verdict?.status === 'passed') return [];
  throw new Error(`the control says nothing: ${JSON.stringify(verdict)}`);
}
