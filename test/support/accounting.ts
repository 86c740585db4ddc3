/** What a command is expected to end with: a scan that is reported once, or the reason why there is none. */
export type Expected = 'result' | 'reason';

/** A command as the operator tells it at `GET /v1/jobs/{id}`, with its jobs. */
export interface EndedCommand {
  readonly jobId: string;
  readonly state: string;
  readonly failure?: { readonly message: string };
  readonly children: readonly EndedJob[];
}

export interface EndedJob {
  readonly jobId: string;
  readonly state: string;
  readonly failure?: { readonly message: string };
}

/** A step of a job as the CloudEndpoint has stored it. */
export interface JobStep {
  readonly jobId: string;
  readonly status: string;
}

/** Commands that were accepted, and what was seen of them in the end at the operator and at the CloudEndpoint. */
export interface Account {
  readonly accepted: ReadonlyMap<string, Expected>;
  readonly ended: readonly EndedCommand[];
  /** Job ids of the scans whose reports arrived, one for each key under which one came. */
  readonly reports: readonly string[];
  readonly steps: readonly JobStep[];
}

/** Each accepted command ends once, as expected, and each scan is reported once: what is wrong with that, one line each. */
export function faultsOf({ accepted, ended, reports, steps }: Account): string[] {
  const commands = new Map(ended.map((command) => [command.jobId, command]));
  const reported = countsOf(reports);
  const ends = countsOf(steps.filter(({ status }) => status !== 'started').map(({ jobId }) => jobId));
  const scans = ended.flatMap(({ children }) => children.map(({ jobId }) => jobId));
  const known = new Set(scans);
  return [
    ...[...accepted].flatMap(([jobId, expected]) =>
      faultsOfCommand(expected, commands.get(jobId)).map((fault) => `command ${jobId}: ${fault}`),
    ),
    ...[...accepted.keys()]
      .filter((jobId) => ends.get(jobId) !== 1)
      .map((jobId) => `command ${jobId}: ${ends.get(jobId) ?? 0} ends at the endpoint`),
    ...[...countsOf(scans)].filter(([, count]) => count > 1).map(([jobId]) => `scan ${jobId}: of several commands`),
    ...ended.flatMap(({ jobId, children }) =>
      children.flatMap((child) => {
        const count = reported.get(child.jobId) ?? 0;
        const expected = accepted.get(jobId) === 'result' ? 1 : 0;
        return count === expected ? [] : [`scan ${child.jobId}: ${count} reports in place of ${expected}`];
      }),
    ),
    ...[...reported.keys()].filter((jobId) => !known.has(jobId)).map((jobId) => `report ${jobId}: of no command`),
  ];
}

function faultsOfCommand(expected: Expected, command: EndedCommand | undefined): string[] {
  if (command === undefined) return ['lost'];
  const { state, failure, children } = command;
  if (children.length > 1) return [`${children.length} scans`];
  if (expected === 'result')
    return state === 'succeeded' && children.length === 1 ? [] : [`no result: ${JSON.stringify(command)}`];
  const reasons = [failure, ...children.map((child) => child.failure)].flatMap((each) => each?.message ?? []);
  return state === 'failed' && reasons.length > 0 ? [] : [`no reason: ${JSON.stringify(command)}`];
}

function countsOf(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
