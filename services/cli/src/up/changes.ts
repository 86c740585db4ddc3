import { controlInfo } from '@kso/controls';
import { severityOfScore } from '@kso/domain';
import type { ReportResult, ResourceResult } from '@kso/wire';

/** What failed when it was last looked at, by resource. */
export type FailedControls = Map<string, ReadonlySet<string>>;

export function failedIn(results: readonly ReportResult[]): FailedControls {
  return new Map(
    results.map(({ resourceID, controls }) => [
      resourceID,
      new Set(controls.filter(({ status }) => status.status === 'failed').map(({ controlID }) => controlID)),
    ]),
  );
}

/** A line for each resource whose failed controls are others than before; remembers the new state. */
export function changeLines(
  changed: readonly ResourceResult[],
  removed: readonly string[],
  known: FailedControls,
): string[] {
  const lines = changed.flatMap((result) => {
    const before = known.get(result.resourceId) ?? new Set<string>();
    const now = new Set(result.controls.filter(({ status }) => status === 'failed').map(({ controlId }) => controlId));
    known.set(result.resourceId, now);
    const worse = [...now.difference(before)].map(describe);
    const better = [...before.difference(now)];
    const parts = [
      ...(worse.length === 0 ? [] : [`now fails ${worse.join(', ')}`]),
      ...(better.length === 0 ? [] : [`no longer fails ${better.join(', ')}`]),
    ];
    return parts.length === 0 ? [] : [`${nameOf(result)}: ${parts.join('; ')}`];
  });
  for (const id of removed) known.delete(id);
  return lines;
}

function describe(controlId: string): string {
  const { baseScore } = controlInfo(controlId);
  return `${controlId} (${severityOfScore(baseScore)})`;
}

function nameOf({ namespace, kind, name }: ResourceResult): string {
  return [namespace, kind, name].filter((part) => part !== '').join('/');
}
