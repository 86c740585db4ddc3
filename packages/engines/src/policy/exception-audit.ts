import type { ExceptionSet, ExceptionSubject, PostureException, ReadExceptions } from '@kso/domain';
import type { ExceptionAudit, KubeObject } from '@kso/wire';

export interface AuditInput {
  readonly set: ExceptionSet;
  /** What the annotations of objects say, where there are any. */
  readonly inline: readonly ReadExceptions[];
  readonly now: number;
  readonly applied: ReadonlyMap<string, { readonly resources: number; readonly findings: number }>;
  readonly controlIds: readonly string[];
  readonly namespaces: Iterable<KubeObject>;
  subjects(): Iterable<ExceptionSubject>;
  covers(exception: PostureException, subject: ExceptionSubject): boolean;
}

/** What became of each exception. One that covers nothing says why, so that a typing error does not go unnoticed (known-bugs.md B14). */
export function auditExceptions(input: AuditInput): ExceptionAudit[] {
  const { set, inline, now, applied } = input;
  const none = { resources: 0, findings: 0 };
  const inForce = inline.flatMap(({ exceptions }) => exceptions);
  const audit = (exception: PostureException): ExceptionAudit => {
    const { id, source, expiresAt = Number.POSITIVE_INFINITY } = exception;
    if (expiresAt <= now) return { id, source, ...none, status: 'expired', problem: `expired ${timeOf(expiresAt)}` };
    const counts = applied.get(id);
    if (counts !== undefined) return { id, source, ...counts, status: 'applied' };
    return { id, source, ...none, status: 'unused', problem: whyUnused(exception, input) };
  };
  return [
    ...[...set.exceptions, ...inForce, ...set.expired].map(audit),
    ...Array.from(set.shadowed, ([{ id, source }, by]): ExceptionAudit => {
      return { id, source, ...none, status: 'shadowed', problem: `${by} covers the same and counts before it` };
    }),
    ...[...set.problems, ...inline.flatMap(({ problems }) => problems)].map(
      ({ id, source, problem }): ExceptionAudit => ({ id, source, ...none, status: 'invalid', problem }),
    ),
  ];
}

function timeOf(time: number): string {
  return new Date(time).toISOString();
}

function whyUnused(exception: PostureException, input: AuditInput): string {
  const { set, controlIds } = input;
  const entries = controlIds.flatMap((id) => set.forControl(id)).filter((entry) => entry.exception === exception);
  const isInline = exception.source === 'annotation';
  if (!isInline && entries.length === 0) return 'it names no control of this scan';
  if (!isInline && entries.every(({ frameworks }) => frameworks?.length === 0))
    return 'it names no framework that there is';
  if (matchesNoNamespace(exception, input)) return 'no namespace has the labels that its namespaceSelector asks for';
  for (const subject of input.subjects())
    if (isInline || input.covers(exception, subject)) return 'the resources that it names do not fail its controls';
  return 'it names no resource of this scan';
}

function matchesNoNamespace(exception: PostureException, { namespaces, covers }: AuditInput): boolean {
  if (!exception.scopes.every(({ namespaceSelector }) => namespaceSelector !== undefined)) return false;
  const bare = {
    ...exception,
    scopes: exception.scopes.map(({ namespaceSelector }) => ({
      fields: {},
      labels: [],
      document: {},
      ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
    })),
  };
  for (const object of namespaces) {
    const { name } = object.metadata;
    if (covers(bare, { resourceId: '', cluster: '', objects: [{ object, namespace: name }] })) return false;
  }
  return true;
}
