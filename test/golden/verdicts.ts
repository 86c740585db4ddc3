import { controls, defaultControlInputs, defaultRoles, libraryVersion } from '@kso/controls';
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

interface RawObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: KubeObject['metadata'];
}

type RawLine = { readonly id: string; readonly resources: readonly RawObject[] } & (
  | Pick<GoldenLine, 'verdicts'>
  | { readonly control: string; readonly failed: readonly string[] }
);

/** Stands for the name of data objects without metadata, which the files name by an empty text and no API server would let in. */
const unnamed = 'unnamed';

export function goldenLine(raw: RawLine): GoldenLine {
  const resources = raw.resources.map(
    ({ metadata, ...rest }): KubeObject => ({ ...rest, metadata: metadata ?? { name: unnamed } }),
  );
  return { id: raw.id, resources, verdicts: 'verdicts' in raw ? raw.verdicts : { [raw.control]: raw.failed } };
}

/** What our controls say about the objects, in the names of the golden files: per control those that fail, and those that it cannot
 * evaluate, except where nothing is configured for it. */
export function ourVerdicts(objects: readonly KubeObject[]): {
  readonly failed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly notEvaluated: ReadonlyMap<string, ReadonlySet<string>>;
} {
  const engine = createPolicyEngine({
    controls,
    inputs: defaultControlInputs,
    libraryVersion,
    incremental: false,
    assumedRoles: defaultRoles,
  });
  for (const object of objects) engine.apply({ type: 'added', object });
  engine.evaluate();
  const failed = new Map<string, Set<string>>();
  const notEvaluated = new Map<string, Set<string>>();
  for (const result of engine.results()) {
    for (const { controlId, status } of result.controls) {
      const kept = status === 'failed' ? failed : notEvaluated;
      if (status === 'passed' || (status === 'notEvaluated' && unconfigured.has(controlId))) continue;
      kept.set(controlId, (kept.get(controlId) ?? new Set()).add(goldenName(engine, result)));
    }
  }
  return { failed, notEvaluated };
}

/** `group/Kind/namespace/name`; RBAC subjects stand without group and namespace. */
function goldenName(engine: PolicyEngine, { resourceId, apiVersion, kind, namespace, name }: ResourceResult): string {
  const isSubject = engine.resource(resourceId)?.object['relatedObjects'] !== undefined;
  if (isSubject) return `/${kind}//${name}`;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `${group}/${kind}/${namespace}/${name === unnamed ? '' : name}`;
}
