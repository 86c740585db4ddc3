import { hostname } from 'node:os';
import {
  type ControlInfo,
  type ControlInputs,
  categoryIds,
  type Framework,
  controls as library,
  libraryVersion,
} from '@kso/controls';
import type { PostureException } from '@kso/domain';
import {
  acceptedIn,
  coverageOf,
  createSummaryCounter,
  missingKinds,
  prioritizedResources,
  type SummaryCounter,
} from '@kso/engines';
import type { PostureReportInput, ReportedControl } from '@kso/report';
import type { Degradation, PostureScanResult, ReportMetadata, ResourceResult } from '@kso/wire';
import { type NamespaceChoice, namespaceFilter } from './namespaces.ts';
import type { RunningSummary } from './running-summary.ts';
import type { Session } from './session.ts';
import type { ScanTarget } from './target.ts';
import { unresolvedRoles } from './unresolved-roles.ts';

export interface ReportOptions extends NamespaceChoice {
  readonly scanId: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly clusterName: string;
  readonly customerGuid?: string | undefined;
  readonly target: ScanTarget;
  readonly controls: readonly ControlInfo[];
  readonly frameworks: readonly Framework[];
  /** Of the controls, those that do not fit the place of the scan: nothing is said about objects by them. */
  readonly elsewhere?: ReadonlySet<string> | undefined;
  readonly serverVersion?: Readonly<Record<string, string>> | undefined;
  /** Policies that could not be used. */
  readonly degradations?: readonly Degradation[] | undefined;
  /** Only these results; all by default. */
  readonly only?: Iterable<ResourceResult> | undefined;
  /** Exceptions of the request, in place of those of the policy; then `only` has the results with them. */
  readonly exceptions?: readonly PostureException[] | undefined;
  /** Sums up everything although the report is about `only`. */
  readonly running?: RunningSummary | undefined;
}

export interface Assembled {
  readonly input: PostureReportInput;
  readonly result: PostureScanResult;
}

/** Puts together what a report says about the present state of a session. Everything marked has to be evaluated before. */
export function assemble(session: Session, options: ReportOptions): Assembled {
  const { engine } = session;
  const isCluster = session.source.type === 'cluster';
  const { cloudProvider } = engine.context();
  const results = selectResults(options.only ?? engine.results(), session, options);
  const ids = evaluatedIds(options);
  const selected = session.controls.filter(({ id }) => ids.has(id));
  const failedKinds = engine.failedKinds();
  const ruleInputs = inputsByRule(session.policy.inputs.inputs);
  const unreadKinds = session.rego?.evaluation?.missingKinds ?? [];
  const missing = new Map([...missingKinds(selected, failedKinds), ...[...unreadKinds].filter(([id]) => ids.has(id))]);
  const accepted = engine.acceptedControls(options.exceptions);
  const summary = (options.running ?? counterOf(results, session, options)).summary(missing, accepted);
  const coverage = coverageOf({
    summaries: summary.controls,
    frameworks: options.frameworks,
    failedKinds,
    missing,
    degradations: [...degradationsOf(session), ...unresolvedRoles(session, selected), ...(options.degradations ?? [])],
  });
  return {
    input: {
      reportGuid: options.scanId,
      generatedAt: options.now,
      clusterName: options.clusterName,
      ...(options.customerGuid === undefined ? {} : { customerGuid: options.customerGuid }),
      ...(options.serverVersion === undefined ? {} : { serverVersion: options.serverVersion }),
      metadata: metadataOf(session, options),
      controls: options.controls.map(reportedControl),
      summary,
      coverage,
      ...(isCluster && cloudProvider !== undefined ? { cloudProvider } : {}),
      // A report about changes tells neither: both are about everything, and every change would pay for them.
      ...(options.running === undefined ? overviewOf(results, session, options) : {}),
      results,
      resource: (id) => engine.resource(id),
      inputsOf: (controlId, rule) =>
        session.rego?.engine.inputsOf(controlId, rule) ?? ruleInputs.get(`${controlId}/${rule}`),
    },
    result: {
      scanId: options.scanId,
      resources: results.length,
      failedResources: summary.tally.failed,
      controls: summary.controls.length,
      failedControls: summary.controls.filter(({ status }) => status === 'failed').length,
      notEvaluatedControls: coverage.notEvaluatedControls.length,
    },
  };
}

/** What became of the exceptions, and where the highest risk is. */
function overviewOf(
  results: readonly ResourceResult[],
  { engine, policy }: Session,
  { exceptions }: ReportOptions,
): Pick<PostureReportInput, 'exceptionAudit' | 'prioritized'> {
  return {
    exceptionAudit: engine.exceptionAudit(exceptions),
    prioritized: prioritizedResources(results, (id) => engine.resource(id), policy),
  };
}

/** Files that could not be read, policy that could not be had, and exceptions that are wrong (known-bugs.md B14). */
function degradationsOf({ unreadable, policy, rego }: Session): Degradation[] {
  const files = unreadable.map(({ file, line, detail }) => ({
    component: `file ${file}${line === undefined ? '' : `:${line}`}`,
    reason: detail,
  }));
  return [...files, ...policy.degradations, ...(rego?.evaluation?.problems ?? [])];
}

function counterOf(results: readonly ResourceResult[], { engine }: Session, options: ReportOptions): SummaryCounter {
  const counter = createSummaryCounter(options.controls, options.frameworks);
  for (const result of results) counter.add(result, engine.resource(result.resourceId)?.weight ?? 1);
  return counter;
}

function evaluatedIds({ controls, elsewhere }: ReportOptions): ReadonlySet<string> {
  return new Set(controls.map(({ id }) => id).filter((id) => elsewhere?.has(id) !== true));
}

/** The results of the selected controls in the selected namespaces. Cluster-scoped objects belong to every selection of namespaces. */
function selectResults(
  all: Iterable<ResourceResult>,
  { engine, controls: evaluated, rego }: Session,
  options: ReportOptions,
): ResourceResult[] {
  const ids = evaluatedIds(options);
  const isEveryControl =
    evaluated.every(({ id }) => ids.has(id)) && (rego?.engine.controlIds ?? []).every((id) => ids.has(id));
  const isWanted = namespaceFilter(options, engine);
  const selected: ResourceResult[] = [];
  for (const result of all) {
    if (isWanted !== undefined && !isWanted(result)) continue;
    const controls = isEveryControl ? result.controls : result.controls.filter(({ controlId }) => ids.has(controlId));
    if (controls.length === 0) continue;
    const wanted = controls.length === result.controls.length ? result : { ...result, controls };
    selected.push(acceptedIn(wanted, options.frameworks));
  }
  return selected;
}

const inputNames = new Map(
  library.flatMap(({ id, rules }) =>
    rules.filter(({ inputs }) => inputs.length > 0).map((rule) => [`${id}/${rule.name}`, rule.inputs] as const),
  ),
);

/** Control inputs by rule, for the reports; one object for all results of the rule. */
function inputsByRule(inputs: ControlInputs): ReadonlyMap<string, Record<string, string[]>> {
  return new Map(
    Array.from(inputNames, ([rule, names]) => {
      const lists = names.map((name): [string, string[]] => [name, [...inputs[name]]]);
      return [rule, Object.fromEntries(lists)] as const;
    }),
  );
}

function reportedControl({ id, name, baseScore, category }: ControlInfo): ReportedControl {
  if (category === undefined) return { id, name, baseScore };
  const named = (categoryName: keyof typeof categoryIds) => ({ name: categoryName, id: categoryIds[categoryName] });
  return {
    id,
    name,
    baseScore,
    category: { ...named(category.name), ...(category.sub === undefined ? {} : { sub: named(category.sub) }) },
  };
}

const directory = 4;
const cluster = 0;

function metadataOf(
  { source, engine, policy }: Session,
  { target, includeNamespaces = [], excludedNamespaces = [] }: ReportOptions,
): ReportMetadata {
  const isCluster = source.type === 'cluster';
  const { cloudProvider, ...facts } = engine.context();
  const context = {
    contextName: source.name,
    namespaceToNumberOfResources: facts.namespaceToNumberOfResources,
    ...(facts.numberOfWorkerNodes === undefined ? {} : { numberOfWorkerNodes: facts.numberOfWorkerNodes }),
    ...(cloudProvider === undefined ? {} : { cloudProvider }),
  };
  return {
    targetMetadata: isCluster
      ? { clusterContextMetadata: context }
      : { directoryContextMetadata: { basePath: source.name, hostName: hostname() } },
    clusterMetadata: isCluster ? context : {},
    scanMetadata: {
      targetType: target.type === 'control' ? 'Control' : 'Framework',
      kubescapeVersion: `kso-${libraryVersion}`,
      formatVersion: 'v2',
      controlsInputs: [...new Set(Object.values(policy.inputs.origins))].join(', '),
      formats: ['json'],
      targetNames: [...target.names],
      ...(includeNamespaces.length === 0 ? {} : { includeNamespaces: [...includeNamespaces] }),
      ...(excludedNamespaces.length === 0 ? {} : { excludedNamespaces: [...excludedNamespaces] }),
      scanningTarget: isCluster ? cluster : directory,
    },
  };
}

/** The report takes a while, in which objects go on changing: it shows those that were evaluated. */
export function withResourcesOfNow(input: PostureReportInput): PostureReportInput {
  const resources = new Map(input.results.map(({ resourceId }) => [resourceId, input.resource(resourceId)]));
  return { ...input, resource: (id) => resources.get(id) };
}
