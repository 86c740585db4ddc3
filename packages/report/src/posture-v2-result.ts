import type {
  ControlResult,
  Finding,
  FindingPath,
  PrioritizedResource,
  ReportControl,
  ReportPath,
  ReportPrioritizedResource,
  ReportResult,
  ReportRule,
  ResourceResult,
  RuleResult,
  Verdict,
} from '@kso/wire';

type NamedSeverities = ReadonlyMap<string, { readonly name: string; readonly severity: string }>;
type InputsOf = (controlId: string, rule: string) => Record<string, string[]> | undefined;

/** One resource with all controls that looked at it, in the form of a report (scanner.md 8.4). */
export function reportResult(
  result: ResourceResult,
  controls: NamedSeverities,
  inputsOf: InputsOf,
  prioritized?: PrioritizedResource,
): ReportResult {
  return {
    resourceID: result.resourceId,
    controls: result.controls.map((control) => reportControl(result.resourceId, control, controls, inputsOf)),
    ...(prioritized === undefined ? {} : { prioritizedResource: reportPriority(prioritized) }),
  };
}

function reportPriority({ resourceId, vectors, score, severity }: PrioritizedResource): ReportPrioritizedResource {
  return {
    resourceID: resourceId,
    priorityVector: vectors.map(({ attackTrack, steps, score: ofVector, severity: worst }) => ({
      attackTrackName: attackTrack,
      type: 'control',
      vector: steps.map(({ controlId, category, tags }) => ({ controlID: controlId, category, tags: [...tags] })),
      score: ofVector,
      severity: worst,
    })),
    score,
    severity,
  };
}

/** Most results of large scans are the same pass of the same control: each is put into report form once. */
const passes = new WeakMap<NamedSeverities, Map<ControlResult, ReportControl>>();

function passOf(result: ControlResult, controls: NamedSeverities, make: () => ReportControl): ReportControl {
  let known = passes.get(controls);
  if (known === undefined) passes.set(controls, (known = new Map()));
  let pass = known.get(result);
  if (pass === undefined) known.set(result, (pass = make()));
  return pass;
}

function reportControl(
  resourceId: string,
  result: ControlResult,
  controls: NamedSeverities,
  inputsOf: InputsOf,
): ReportControl {
  const make = (): ReportControl => makeControl(resourceId, result, controls, inputsOf);
  // What exceptions cover is about one resource.
  const isShared = result.rules.every(({ verdict }) => verdict.status === 'passed' && verdict.accepted === undefined);
  return isShared ? passOf(result, controls, make) : make();
}

function makeControl(
  resourceId: string,
  result: ControlResult,
  controls: NamedSeverities,
  inputsOf: InputsOf,
): ReportControl {
  const { controlId, status, rules } = result;
  const deciding = rules.filter(({ verdict }) => verdict.status === status).map(({ verdict }) => verdict);
  // Of rules that pass, one that passes with exceptions tells more.
  const decisive =
    deciding.find((verdict) => verdict.status === 'passed' && verdict.accepted !== undefined) ?? deciding[0];
  const info = decisive === undefined ? undefined : infoOf(decisive);
  const subStatus = decisive === undefined ? '' : subStatusOf(decisive);
  const { name, severity } = controls.get(controlId) ?? { name: controlId, severity: 'Unknown' };
  return {
    controlID: controlId,
    name,
    severity,
    status: {
      status: statusOf(status),
      ...(subStatus === '' ? {} : { subStatus }),
      ...(info === undefined ? {} : { info }),
    },
    rules: rules.map((rule) => reportRule(resourceId, rule, inputsOf(controlId, rule.rule))),
  };
}

function reportRule(resourceId: string, { rule, verdict }: RuleResult, inputs: ReturnType<InputsOf>): ReportRule {
  const info = infoOf(verdict);
  return {
    name: rule,
    status: statusOf(verdict.status),
    subStatus: subStatusOf(verdict),
    ...(info === undefined ? {} : { info }),
    ...(inputs === undefined ? {} : { controlConfigurations: inputs }),
    ...findingParts(resourceId, verdict),
  };
}

/** Findings that exceptions cover stand in the report as well, with the exceptions: `alertOnly` keeps them visible. */
function findingParts(resourceId: string, verdict: Verdict): Partial<ReportRule> {
  if (verdict.status === 'notEvaluated') return {};
  const { accepted = [] } = verdict;
  const findings = verdict.status === 'failed' ? [...verdict.findings, ...accepted] : accepted;
  if (findings.length === 0) return {};
  const exceptions = new Map(
    findings.flatMap((finding) => finding.exceptions ?? []).map(({ id, policy }) => [id, policy]),
  );
  return {
    ...failedParts(resourceId, findings),
    ...(exceptions.size === 0 ? {} : { exception: [...exceptions.values()] }),
  };
}

function failedParts(resourceId: string, findings: readonly Finding[]): Partial<ReportRule> {
  const paths = findings.flatMap((finding) => finding.paths.map((path) => reportPath(resourceId, path)));
  const related = [...new Set(findings.flatMap(({ relatedIds = [] }) => relatedIds))];
  return {
    ...(paths.length === 0 ? {} : { paths }),
    ...(related.length === 0 ? {} : { relatedResourcesIDs: related }),
    findings: findings.map(({ message, container, found, wanted }) => ({
      message,
      ...(container === undefined ? {} : { containerName: container.name, containerList: container.list }),
      ...(found === undefined ? {} : { found }),
      ...(wanted === undefined ? {} : { wanted }),
    })),
  };
}

const noFix = { path: '', value: '' };

const pathKeys = { failed: 'failedPath', review: 'reviewPath', delete: 'deletePath' } as const;

function reportPath(resourceId: string, path: FindingPath): ReportPath {
  const resourceID = path.resourceId ?? resourceId;
  return path.type === 'fix'
    ? { resourceID, fixPath: { path: path.path, value: path.value } }
    : { resourceID, [pathKeys[path.type]]: path.path, fixPath: noFix };
}

function statusOf(status: Verdict['status']): 'passed' | 'failed' | 'skipped' {
  return status === 'notEvaluated' ? 'skipped' : status;
}

function subStatusOf(verdict: Verdict): string {
  if (verdict.status === 'failed') return '';
  if (verdict.status === 'passed') {
    if (verdict.accepted !== undefined) return 'w/exceptions';
    return verdict.irrelevant === undefined ? '' : 'irrelevant';
  }
  return verdict.reason === 'configuration' || verdict.reason === 'integration' ? verdict.reason : 'notEvaluated';
}

function infoOf(verdict: Verdict): string | undefined {
  if (verdict.status === 'passed') return verdict.irrelevant;
  return verdict.status === 'notEvaluated' ? verdict.detail : undefined;
}
