import type { Logger } from '@kso/kit';
import type { Credentials } from '../config/settings.ts';
import type { AnchoreClient, Answer } from './anchore-client.ts';
import { field, messageOf } from './anchore-client.ts';

export interface ReportSenderOptions {
  readonly format: 'kai' | 'k8s-inventory';
  readonly defaultAccount: string;
  /** By account. */
  readonly credentials: (account: string) => Credentials;
}

export interface SendResult {
  readonly ok: boolean;
  /** The account that took it: the default one where the other is unknown. */
  readonly account: string;
  readonly user: string;
  /** Refusals on the way, also of a report that was sent in the end. */
  readonly problems: readonly string[];
}

/** Sends reports as inventory.md 9.3 has it: finds the API's generation, falls back to the default account once. */
export interface ReportSender {
  send(account: string, report: unknown, options?: SendOptions): Promise<SendResult>;
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** An empty report: an account that is not known there needs none, and the default one must not be emptied by it. */
  readonly onlyThere?: boolean;
}

const apiPaths = { v1: 'v1/enterprise/kubernetes-inventory', v2: 'v2/kubernetes-inventory' } as const;
const kaiPath = 'v1/enterprise/inventories';

type Verdict =
  | { readonly kind: 'taken' }
  | { readonly kind: 'unknownAccount' | 'notFound' | 'failed'; readonly problem: string };

export function createReportSender(
  options: ReportSenderOptions,
  { client, logger }: { readonly client: AnchoreClient; readonly logger: Logger },
): ReportSender {
  // Remembered for the process.
  let path: string = options.format === 'kai' ? kaiPath : apiPaths.v2;

  const post = async (account: string, report: unknown, signal?: AbortSignal): Promise<Verdict> => {
    const as = { account, credentials: options.credentials(account) };
    const verdict = judge(await client.sendPatiently({ method: 'POST', path, body: report, as, signal }));
    if (verdict.kind !== 'notFound') return verdict;
    const found = options.format === 'kai' ? path : await findPath(signal);
    if (found === path) return { ...verdict, kind: isAccountMissing(verdict.problem) ? 'unknownAccount' : 'failed' };
    logger.info({ path: found }, 'the API takes inventories on another path');
    path = found;
    const again = judge(await client.sendPatiently({ method: 'POST', path, body: report, as, signal }));
    return again.kind === 'notFound'
      ? { ...again, kind: isAccountMissing(again.problem) ? 'unknownAccount' : 'failed' }
      : again;
  };

  const findPath = async (signal?: AbortSignal): Promise<string> => {
    const answer = await client.send({ method: 'GET', path: 'version', signal });
    if (answer.outcome !== 'answered' || answer.status !== 200) return path;
    const api = (answer.json as { api?: unknown } | undefined)?.api;
    return field(api, 'version') === '2' ? apiPaths.v2 : apiPaths.v1;
  };

  return {
    send: async (account, report, { signal, onlyThere = false } = {}) => {
      const user = options.credentials(account).user;
      const first = await post(account, report, signal);
      if (first.kind === 'taken') return { ok: true, account, user, problems: [] };
      if (first.kind === 'unknownAccount' && onlyThere) return { ok: true, account, user, problems: [first.problem] };
      const { defaultAccount } = options;
      if (first.kind !== 'unknownAccount' || account === defaultAccount)
        return { ok: false, account, user, problems: [first.problem] };
      logger.warn(
        { account, defaultAccount, problem: first.problem },
        'the account is not known there: the default one is used',
      );
      const second = await post(defaultAccount, report, signal);
      const problems = [first.problem, ...(second.kind === 'taken' ? [] : [second.problem])];
      return {
        ok: second.kind === 'taken',
        account: defaultAccount,
        user: options.credentials(defaultAccount).user,
        problems,
      };
    },
  };
}

function judge(answer: Answer): Verdict {
  if (answer.outcome === 'offline') return { kind: 'failed', problem: answer.reason };
  const { status, text, json } = answer;
  if (status >= 200 && status < 300) {
    // A login page of something in between is no success.
    if (text.trim() === '' || json !== undefined) return { kind: 'taken' };
    return { kind: 'failed', problem: `${status} with a body that is not JSON: is the URL the one of the API?` };
  }
  const problem = `${status}: ${messageOf(answer)}`;
  if (status === 403) return { kind: 'unknownAccount', problem };
  return { kind: status === 404 ? 'notFound' : 'failed', problem };
}

function isAccountMissing(problem: string): boolean {
  return problem.includes('User account not found');
}
