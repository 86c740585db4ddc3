import { controls, defaultControlInputs, libraryVersion } from '@kso/controls';
import { createPolicyEngine, type PolicyEngine } from '@kso/engines';
import type { KubeObject, ResourceResult } from '@kso/wire';

/** One line of the golden files: objects, and per control those that fail. */
export interface GoldenLine {
  readonly id: string;
  readonly resources: readonly KubeObject[];
  readonly verdicts: Readonly<Record<string, readonly string[]>>;
}

/** Controls that mean nothing while their control inputs are empty, as they are by default. */
const unconfigured = new Set(['C-0001', 'C-0078', 'C-0306']);

type RawLine = Omit<GoldenLine, 'verdicts'> &
  (Pick<GoldenLine, 'verdicts'> | { readonly control: string; readonly failed: readonly string[] });

export function goldenLine(raw: RawLine): GoldenLine {
  return 'verdicts' in raw ? raw : { ...raw, verdicts: { [raw.control]: raw.failed } };
}

/** What our controls say about the objects, in the names of the golden files. Controls that could not be evaluated are told apart,
 * except those that the golden files leave out because nothing is configured for them. */
export function ourVerdicts(objects: readonly KubeObject[]): {
  readonly failed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly notEvaluated: readonly string[];
} {
  const engine = createPolicyEngine({ controls, inputs: defaultControlInputs, libraryVersion, incremental: false });
  for (const object of objects) engine.apply({ type: 'added', object });
  engine.evaluate();
  const failed = new Map<string, Set<string>>();
  const notEvaluated: string[] = [];
  for (const result of engine.results()) {
    for (const { controlId, status } of result.controls) {
      if (status === 'notEvaluated' && !unconfigured.has(controlId))
        notEvaluated.push(`${controlId} ${result.resourceId}`);
      if (status === 'failed')
        failed.set(controlId, (failed.get(controlId) ?? new Set()).add(goldenName(engine, result)));
    }
  }
  return { failed, notEvaluated };
}

/** `group/Kind/namespace/name`; RBAC subjects stand without group and namespace. */
function goldenName(engine: PolicyEngine, { resourceId, apiVersion, kind, namespace, name }: ResourceResult): string {
  const isSubject = engine.resource(resourceId)?.object['relatedObjects'] !== undefined;
  if (isSubject) return `/${kind}//${name}`;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `${group}/${kind}/${namespace}/${name}`;
}
