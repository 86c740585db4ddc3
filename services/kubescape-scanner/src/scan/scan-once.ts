import { randomUUID } from 'node:crypto';
import type { ObjectSource } from '@kso/domain';
import type { PosturePolicy, RegoEngine } from '@kso/engines';
import { createLogger, createMetrics, systemClock } from '@kso/kit';
import { type LazyPostureReport, lazyPostureReport } from '@kso/report';
import type { PostureReport, ResourceResult } from '@kso/wire';
import { fail } from '../errors.ts';
import { type Assembled, assemble } from './assemble.ts';
import { nothingEvaluated } from './nothing-evaluated.ts';
import type { ScanProgress, UnreadableDocument } from './progress.ts';
import { type RegoPolicies, regoEngine, regoInputs } from './rego-policies.ts';
import { createSession, type Session, scopeOf } from './session.ts';
import { openSource, type SourceConfig } from './source-config.ts';
import { type Place, placeOf, type ScanTarget, selectTarget, withFrameworksOf } from './target.ts';

export interface ScanOnceOptions {
  /** A source that is open, or what to open: a folder of manifests, a cluster. */
  readonly source: ObjectSource | SourceConfig;
  /** Names of frameworks, without case. Neither these nor `controls`: everything. */
  readonly frameworks?: readonly string[];
  /** Ids of controls, without case. */
  readonly controls?: readonly string[];
  readonly includeNamespaces?: readonly string[];
  readonly excludedNamespaces?: readonly string[];
  /** Only what is said about this object; the others are read, as its controls relate to them. */
  readonly workload?: WorkloadName;
  /** Control inputs and exceptions in the place of the defaults, and frameworks beside them. */
  readonly policy?: PosturePolicy;
  /** Policies in Rego, beside our own controls or in their place (`loadRegoPolicies`). */
  readonly policies?: RegoPolicies | undefined;
  readonly clusterName?: string;
  readonly onProgress?: (progress: ScanProgress) => void;
  /** Called for each document that could not be read; it also stands in the report's `scanCoverage`. */
  readonly onUnreadable?: (document: UnreadableDocument) => void;
  readonly signal?: AbortSignal;
}

/** Names one object; the kind without case, in any namespace unless it is given. */
export interface WorkloadName {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/**
 * One scan in the present thread, without listener and store: for the command line. The report's lists are made while they are read.
 * @throws SourceError when nothing can be read; UNKNOWN_TARGETS; NOTHING_EVALUATED when no control had anything to look at.
 */
export async function scanSourceOnce(options: ScanOnceOptions): Promise<LazyPostureReport> {
  const opened = await open(options.source);
  const stop = new AbortController();
  let rego: RegoEngine | undefined;
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  try {
    const { source } = opened;
    const target = onceTarget(options);
    const { policies } = options;
    const { controls, elsewhere } = selectionOf(target, { scope: scopeOf(source), provider: 'any' }, options);
    const fitting = controls.filter(({ id }) => !elsewhere.has(id));
    rego = policies === undefined ? undefined : regoEngine(policies, fitting, options.policy?.inputs.inputs);
    const session = createSession({
      source,
      rego,
      regoInputs: policies === undefined ? undefined : (configured) => regoInputs(policies, configured),
      incremental: false,
      onProgress: options.onProgress,
      clusterName: options.clusterName,
    });
    if (options.policy !== undefined) session.policy = options.policy;
    await session.start(signal);
    await session.evaluate(signal);
    for (const document of session.unreadable) options.onUnreadable?.(document);
    const serverVersion = await source.serverVersion?.();
    const assembled = assemble(session, {
      scanId: randomUUID(),
      now: systemClock.now(),
      clusterName: options.clusterName ?? (source.type === 'cluster' ? source.name : ''),
      target,
      ...selectionOf(target, placeOf(session), options),
      includeNamespaces: options.includeNamespaces,
      excludedNamespaces: options.excludedNamespaces,
      serverVersion,
      degradations: policies?.problems,
      ...(options.workload === undefined ? {} : { only: resultsOf(session, options.workload) }),
    });
    requireEvaluated(assembled, session);
    const { input } = assembled;
    options.onProgress?.({ phase: 'reporting', resources: input.results.length });
    return lazyPostureReport(input);
  } finally {
    stop.abort();
    await rego?.close();
    await opened.close();
  }
}

/** `scanSourceOnce` for a folder or file of manifests, with the whole report in memory. */
export async function scanManifestsOnce(
  path: string,
  options: Omit<ScanOnceOptions, 'source'> = {},
): Promise<PostureReport> {
  const report = await scanSourceOnce({ ...options, source: { type: 'manifests', path } });
  return { ...report, resources: [...report.resources], results: [...report.results] };
}

/** @throws UNKNOWN_TARGETS */
function selectionOf(target: ScanTarget, place: Place, { policy, policies }: ScanOnceOptions) {
  const known = withFrameworksOf(policy, policies);
  const selection = selectTarget(target, place, known);
  if (!selection.ok) throw fail('UNKNOWN_TARGETS', { unknown: selection.unknown });
  return selection;
}

/** Also where everything that was asked for is in Rego and OPA is missing, say. @throws NOTHING_EVALUATED */
function requireEvaluated(assembled: Assembled, { rego }: Session): void {
  const { input } = assembled;
  if (input.results.length === 0) throw nothingEvaluated(assembled);
  const [problem] = rego?.evaluation?.problems ?? [];
  if (problem !== undefined && input.coverage.evaluatedControls === 0)
    throw fail('NOTHING_EVALUATED', { problem: `${problem.component}: ${problem.reason}` });
}

function resultsOf({ engine }: Session, { kind, name, namespace }: WorkloadName): ResourceResult[] {
  const found = [...engine.results()].filter(
    (result) =>
      result.kind.toLowerCase() === kind.toLowerCase() &&
      result.name === name &&
      (namespace === undefined || result.namespace === namespace),
  );
  if (found.length > 0) return found;
  const place = namespace === undefined ? '' : ` in namespace ${namespace}`;
  throw fail('NOTHING_EVALUATED', { problem: `there is no ${kind} ${name}${place}` });
}

function onceTarget({ frameworks = [], controls = [] }: ScanOnceOptions): ScanTarget {
  if (frameworks.length > 0 && controls.length > 0)
    throw fail('BAD_REQUEST', { problem: 'choose frameworks or controls, not both' });
  if (controls.length > 0) return { type: 'control', names: controls };
  return frameworks.length > 0 ? { type: 'framework', names: frameworks } : { type: 'all', names: [] };
}

async function open(source: ObjectSource | SourceConfig): Promise<{ source: ObjectSource; close(): Promise<void> }> {
  if ('watch' in source) return { source, close: () => Promise.resolve() };
  const logger = createLogger({ service: 'kubescape-scanner' });
  return openSource(source, { clock: systemClock, logger, metrics: createMetrics(), env: process.env });
}
