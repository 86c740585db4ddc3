import { type Control, type Framework, kindName } from '@kso/controls';
import type { ControlSummary, Degradation, GroupKind, ScanCoverage } from '@kso/wire';
import type { FailedKind } from './port.ts';

/** For each control, the kinds it reads that could not be read. Controls that miss nothing are not in the map. */
export function missingKinds(
  controls: readonly Control[],
  failed: readonly FailedKind[],
): ReadonlyMap<string, readonly string[]> {
  if (failed.length === 0) return new Map();
  const names = new Set(failed.map(({ kind }) => kindName(kind)));
  return new Map(
    controls.flatMap(({ id, rules }) => {
      const read = new Set(rules.flatMap((rule) => [...rule.kinds, ...rule.related].map(kindName)));
      const missing = [...read].filter((name) => names.has(name));
      return missing.length === 0 ? [] : [[id, missing] as const];
    }),
  );
}

export interface CoverageInput {
  readonly summaries: readonly ControlSummary[];
  readonly frameworks: readonly Framework[];
  readonly failedKinds: readonly FailedKind[];
  readonly missing: ReadonlyMap<string, readonly string[]>;
  /** Other things that the scan had to do without, e.g. files that could not be read. */
  readonly degradations?: readonly Degradation[];
}

/** What the scan could not see, and how much of what was asked for could be answered (scanner.md 8.6). */
export function coverageOf(input: CoverageInput): ScanCoverage {
  const { summaries, frameworks, failedKinds, missing } = input;
  const unevaluated = summaries.filter(({ status, controlId }) => status === 'skipped' || missing.has(controlId));
  const unevaluatedIds = new Set(unevaluated.map(({ controlId }) => controlId));
  const degradations = input.degradations ?? [];
  const missed = new Set([...missing.values()].flat());
  const silentFailedKinds = failedKinds.filter(({ kind }) => !missed.has(kindName(kind))).length;
  const totalControls = summaries.length;
  const evaluatedControls = totalControls - unevaluatedIds.size;
  const vacuousFrameworks = frameworks
    .filter(({ controls }) => controls.every(({ id }) => unevaluatedIds.has(id)))
    .map(({ name }) => name);
  return {
    failedKinds: failedKinds.map(({ kind, reason, detail }) => ({
      resource: resourceName(kind),
      error: `${reason}: ${detail}`,
    })),
    notEvaluatedControls: unevaluated.map(({ controlId, info, subStatus }) => ({
      controlId,
      missing: (missing.get(controlId) ?? []).map((name) => resourceName(kindOfName(name))),
      reason: info ?? subStatus ?? 'some of the kinds it judges could not be read',
    })),
    degradations,
    evaluatedControls,
    totalControls,
    score: scoreOf(evaluatedControls, totalControls, silentFailedKinds, degradations.length),
    silentFailedKinds,
    degraded:
      totalControls === 0 ||
      [failedKinds, unevaluated, degradations, vacuousFrameworks].some((list) => list.length > 0),
    vacuousFrameworks,
  };
}

const lostBySilentFailure = 3;
const lostByDegradation = 5;

function scoreOf(evaluated: number, total: number, silentFailures: number, degradations: number): number {
  if (total === 0) return 0;
  const lost = lostBySilentFailure * silentFailures + lostByDegradation * degradations;
  return Math.max(0, (evaluated / total) * 100 - lost);
}

/** Versions of the groups whose kinds are not served as `v1`. */
const versions: Readonly<Record<string, string>> = {
  'cilium.io': 'v2',
  autoscaling: 'v2',
  'hostdata.kubescape.cloud': 'v1beta1',
  'extensions.agents.x-k8s.io': 'v1beta1',
};

/** `rbac.authorization.k8s.io/v1/clusterroles`, the way that reports name what was listed. */
export function resourceName({ group, kind }: GroupKind): string {
  const plural = `${kind.toLowerCase().replace(/y$/, 'ie').replace(/s$/, 'se')}s`;
  const version = kind.endsWith('SecurityException') ? 'v1beta1' : (versions[group] ?? 'v1');
  return `${group}/${version}/${plural}`;
}

function kindOfName(name: string): GroupKind {
  const slash = name.indexOf('/');
  return slash < 0 ? { group: '', kind: name } : { group: name.slice(0, slash), kind: name.slice(slash + 1) };
}
