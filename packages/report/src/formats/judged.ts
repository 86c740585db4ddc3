import { isRecord } from '@kso/domain';
import type { ReportControl, ReportResource, ReportResult } from '@kso/wire';
import { nameById } from '../name-by-id.ts';
import type { ReadableReport } from './context.ts';

/** A resource with what the controls say about it. */
export interface Judged {
  readonly id: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for cluster-scoped objects and where a manifest names none. */
  readonly namespace: string;
  readonly name: string;
  /** Absent for a resource that is gone. */
  readonly resource?: ReportResource;
  readonly controls: readonly ReportControl[];
  readonly failed: readonly ReportControl[];
}

/** Results with their resources: both lists of a report are in the same order, and neither is kept. */
export function* judged(report: ReadableReport): Generator<Judged, void, undefined> {
  const resources = report.resources[Symbol.iterator]();
  let next = resources.next();
  for (const result of report.results) {
    const isIts = next.done !== true && next.value.resourceID === result.resourceID;
    yield judgedOf(result, isIts ? (next.value as ReportResource) : undefined);
    if (isIts) next = resources.next();
  }
}

function judgedOf({ resourceID, controls }: ReportResult, resource: ReportResource | undefined): Judged {
  const failed = controls.filter(({ status }) => status.status === 'failed');
  return {
    id: resourceID,
    ...nameOf(resourceID, resource),
    ...(resource === undefined ? {} : { resource }),
    controls,
    failed,
  };
}

function nameOf(
  id: string,
  resource: ReportResource | undefined,
): Pick<Judged, 'apiVersion' | 'kind' | 'namespace' | 'name'> {
  if (resource === undefined) return { apiVersion: '', ...nameById(id) };
  const { apiVersion, kind, metadata, name, namespace } = resource.object;
  // An RBAC subject has its name in its own fields.
  const named = isRecord(metadata) ? metadata : { name, namespace };
  return {
    apiVersion: textOf(apiVersion),
    kind: textOf(kind),
    namespace: textOf(named['namespace']),
    name: textOf(named['name']),
  };
}

/** `Deployment shop/web`. */
export function title({ kind, namespace, name }: Pick<Judged, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** A place in the object that a control fails for. */
export interface FailedPath {
  readonly type: 'fix' | 'failed' | 'review' | 'delete';
  readonly path: string;
  readonly value?: string;
}

/** Each path of a failed control once, those to set first. */
export function pathsOf({ rules }: ReportControl): FailedPath[] {
  const found = new Map<string, FailedPath>();
  const all = rules.flatMap(({ paths = [] }) => paths);
  for (const { fixPath } of all) {
    if (fixPath.path !== '') found.set(fixPath.path, { type: 'fix', path: fixPath.path, value: fixPath.value });
  }
  for (const { failedPath, reviewPath, deletePath } of all) {
    for (const [type, path] of [
      ['failed', failedPath],
      ['review', reviewPath],
      ['delete', deletePath],
    ] as const) {
      if (path === undefined || path === '') continue;
      // What has to go is also what is wrong.
      if (!found.has(path) || type === 'delete') found.set(path, { type, path });
    }
  }
  return [...found.values()];
}

/** What was found, one sentence each. */
export function messagesOf({ rules }: ReportControl): string[] {
  return [...new Set(rules.flatMap(({ findings = [] }) => findings.map(({ message }) => message)))];
}

/** The file that a resource is from; for an RBAC subject that of its binding, if `sources` knows it. */
export function fileOf(source: NonNullable<ReportResource['source']>): string {
  return `${source.path}${source.path === '' || source.path.endsWith('/') ? '' : '/'}${source.relativePath}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
