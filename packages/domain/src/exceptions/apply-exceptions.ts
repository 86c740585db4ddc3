import type { AppliedException, ControlResult, Finding, Findings, RuleResult, Verdict } from '@kso/wire';
import type { ControlException } from './exception-set.ts';
import { type ExceptionSubject, type NamespaceLabels, scopeCovers, scopeCoversFinding } from './match-scope.ts';
import type { ExceptionScope, PostureException } from './posture-exception.ts';
import { worstVerdict } from './worst-verdict.ts';

export interface ExceptionContext {
  /** All that may count. */
  readonly exceptions: readonly PostureException[];
  /** Exceptions about a control, in the order in which they count. */
  forControl(controlId: string): readonly ControlException[];
  readonly namespaceLabels: NamespaceLabels;
}

export interface ExceptedControls {
  /** The same list when nothing is covered. */
  readonly controls: readonly ControlResult[];
  /** Exceptions that cover some finding, with the number of findings. */
  readonly applied: ReadonlyMap<PostureException, number>;
}

const nothing: ReadonlyMap<PostureException, number> = new Map();

/** Marks the findings of a resource that exceptions cover; a rule of which none is left passes with exceptions (scanner.md 12.2). */
export function applyExceptions(
  controls: readonly ControlResult[],
  subject: ExceptionSubject,
  context: ExceptionContext,
): ExceptedControls {
  const scopes = coveringScopes(subject, context);
  if (scopes.size === 0) return { controls, applied: nothing };
  const scopesOf = (exception: PostureException): readonly ExceptionScope[] => scopes.get(exception) ?? [];
  let applied: Map<PostureException, number> | undefined;
  const changed = controls.map((control) => {
    if (control.status !== 'failed') return control;
    const candidates = context.forControl(control.controlId).filter(({ exception }) => scopes.has(exception));
    if (candidates.length === 0) return control;
    const cover = (rule: string, finding: Finding): Finding => {
      const exceptions = onceEach(
        candidates.flatMap((candidate) => coverOf(candidate, rule, finding, subject, scopesOf)),
      );
      for (const exception of new Set(exceptions.map((cover) => cover.exception)))
        (applied ??= new Map()).set(exception, (applied.get(exception) ?? 0) + 1);
      return exceptions.length === 0 ? finding : { ...finding, exceptions: exceptions.map(({ as }) => as) };
    };
    const rules = control.rules.map((rule) => exceptedRule(rule, cover));
    return rules.every((rule, index) => rule === control.rules[index])
      ? control
      : { controlId: control.controlId, status: worstVerdict(rules), rules };
  });
  return applied === undefined ? { controls, applied: nothing } : { controls: changed, applied };
}

/** Which exceptions are about the resource at all: of most resources none. */
function coveringScopes(
  subject: ExceptionSubject,
  { exceptions, namespaceLabels }: ExceptionContext,
): ReadonlyMap<PostureException, readonly ExceptionScope[]> {
  const covering = new Map<PostureException, readonly ExceptionScope[]>();
  for (const exception of exceptions) {
    const scopes = exception.scopes.filter((scope) => scopeCovers(scope, subject, namespaceLabels));
    if (scopes.length > 0) covering.set(exception, scopes);
  }
  return covering;
}

interface Cover {
  readonly exception: PostureException;
  readonly as: AppliedException;
}

/** Several entries of an exception may match: one without a limit says it all. */
function onceEach(covers: readonly Cover[]): readonly Cover[] {
  if (covers.length < 2) return covers;
  const unlimited = new Map<PostureException, Cover>();
  for (const cover of covers)
    if (isUnlimited(cover.as) && !unlimited.has(cover.exception)) unlimited.set(cover.exception, cover);
  const seen = new Set<string>();
  return covers.filter((cover) => {
    if ((unlimited.get(cover.exception) ?? cover) !== cover) return false;
    const key = `${cover.exception.id}|${cover.as.frameworks?.join('|') ?? ''}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function coverOf(
  { exception, entry, frameworks }: ControlException,
  rule: string,
  finding: Finding,
  subject: ExceptionSubject,
  scopesOf: (exception: PostureException) => readonly ExceptionScope[],
): Cover[] {
  // An entry that is limited to frameworks which do not exist covers nothing.
  if (entry.ruleName?.matches(rule) === false || frameworks?.length === 0) return [];
  const scope = scopesOf(exception).find((candidate) => scopeCoversFinding(candidate, finding, subject));
  if (scope === undefined) return [];
  const { id, source, policy } = exception;
  return [
    {
      exception,
      as: {
        id,
        source,
        ...(frameworks === undefined ? {} : { frameworks }),
        policy: { ...policy, resources: [scope.document], posturePolicies: [entry.document] },
      },
    },
  ];
}

function exceptedRule(rule: RuleResult, cover: (rule: string, finding: Finding) => Finding): RuleResult {
  const { verdict } = rule;
  if (verdict.status !== 'failed') return rule;
  const findings = verdict.findings.map((finding) => cover(rule.rule, finding));
  return findings.every((finding, index) => finding === verdict.findings[index])
    ? rule
    : { rule: rule.rule, verdict: splitVerdict(findings, ({ exceptions = [] }) => exceptions.some(isUnlimited)) };
}

function isUnlimited({ frameworks }: AppliedException): boolean {
  return frameworks === undefined;
}

/** Failed while a finding is left that is not accepted. `findings` is not empty. */
function splitVerdict(findings: readonly Finding[], isAccepted: (finding: Finding) => boolean): Verdict {
  const left = nonEmpty(findings.filter((finding) => !isAccepted(finding)));
  const accepted = nonEmpty(findings.filter(isAccepted));
  if (left !== undefined) return { status: 'failed', findings: left, ...(accepted === undefined ? {} : { accepted }) };
  return accepted === undefined ? { status: 'passed' } : { status: 'passed', accepted };
}

function nonEmpty([first, ...rest]: readonly Finding[]): Findings | undefined {
  return first === undefined ? undefined : [first, ...rest];
}

/**
 * The result as it counts where only these frameworks are looked at: what exceptions cover in all of them is accepted. The same
 * object when that changes nothing; without a framework only exceptions without a limit count.
 */
export function acceptedInFrameworks(control: ControlResult, frameworks: readonly string[]): ControlResult {
  if (control.status !== 'failed' || frameworks.length === 0) return control;
  const rules = control.rules.map((rule): RuleResult => {
    const { verdict } = rule;
    if (verdict.status !== 'failed' || !verdict.findings.some((finding) => coversAll(finding, frameworks))) return rule;
    const findings = [...verdict.findings, ...(verdict.accepted ?? [])];
    const verdictHere = splitVerdict(findings, (finding) => coversAll(finding, frameworks));
    return { rule: rule.rule, verdict: verdictHere };
  });
  return rules.every((rule, index) => rule === control.rules[index])
    ? control
    : { controlId: control.controlId, status: worstVerdict(rules), rules };
}

function coversAll({ exceptions = [] }: Finding, frameworks: readonly string[]): boolean {
  return frameworks.every((name) =>
    exceptions.some(({ frameworks: limit }) => limit === undefined || limit.includes(name)),
  );
}

/** True if some finding is covered in some frameworks only. */
export function hasLimitedExceptions(control: ControlResult): boolean {
  if (control.status !== 'failed') return false;
  return control.rules.some(
    ({ verdict }) =>
      verdict.status === 'failed' && verdict.findings.some(({ exceptions = [] }) => exceptions.length > 0),
  );
}
