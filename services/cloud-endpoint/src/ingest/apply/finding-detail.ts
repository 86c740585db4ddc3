import type { ControlOfResource } from '../formats/posture-report.ts';

/** A place in the object and what to do there; as the API shows it. */
export interface FindingPath {
  readonly type: 'failed' | 'review' | 'delete' | 'fix' | 'command';
  readonly path: string;
  /** For `fix`: the value to set. `YOUR_VALUE` stands for one that only the owner knows. */
  readonly value?: string;
}

export interface FindingException {
  readonly name: string;
  readonly reason?: string;
  readonly expires?: string;
}

export interface FindingDetail {
  /** What was found, one sentence each. */
  readonly messages: string[];
  readonly paths: FindingPath[];
  /** Exceptions that cover it, also those of a rule that still fails for other findings. */
  readonly exceptions: FindingException[];
}

/** Enough to act on; a report with more places in one object says nothing new with them. */
const most = 50;

/** What the rules that did not pass say, or passed by exception. A place that stands there both as failed and as fix or review is one place. */
export function detailOf(control: ControlOfResource): FindingDetail {
  const rules = control.rules.filter((rule) => rule.status !== 'passed' || rule.exception.length > 0);
  const places = new Map<string, FindingPath>();
  for (const { failedPath, reviewPath, deletePath, fixPath, fixCommand } of rules.flatMap((rule) => rule.paths)) {
    if (fixPath?.path) add(places, { type: 'fix', path: fixPath.path, value: fixPath.value ?? '' });
    else if (deletePath) add(places, { type: 'delete', path: deletePath });
    else if (reviewPath) add(places, { type: 'review', path: reviewPath });
    else if (fixCommand) add(places, { type: 'command', path: fixCommand });
    else if (failedPath) add(places, { type: 'failed', path: failedPath });
  }
  const messages = rules.flatMap((rule) => [...rule.findings.map((finding) => finding.message ?? ''), rule.info ?? '']);
  return {
    messages: [...new Set(messages)].filter((message) => message !== '').slice(0, most),
    paths: [...places.values()],
    exceptions: exceptionsOf(control),
  };
}

function exceptionsOf(control: ControlOfResource): FindingException[] {
  const byName = new Map<string, FindingException>();
  for (const { name, reason, expirationDate } of control.rules.flatMap((rule) => rule.exception)) {
    if (!name || byName.size >= most) continue;
    byName.set(name, {
      name,
      ...(reason ? { reason } : {}),
      ...(expirationDate ? { expires: expirationDate } : {}),
    });
  }
  return [...byName.values()];
}

/** `failed` is the older name of the others (scanner.md 8.4): it gives way to them. */
function add(places: Map<string, FindingPath>, path: FindingPath): void {
  const before = places.get(path.path);
  if ((before === undefined && places.size < most) || before?.type === 'failed') places.set(path.path, path);
}
