import type { Redis } from 'ioredis';
import type { AddResult, JobFailure, JobRecord, JobState, QueueCounts } from '../port.ts';
import { hasEnded, type JobSpec } from '../shared/job-spec.ts';
import { toRecord } from '../shared/stored-job.ts';
import { fieldsOf, list, num, Scripts, str } from './scripts.ts';

/** What an `add` did, and what is left to do about the run's ticket. */
export interface Added {
  readonly outcome: AddResult['outcome'];
  readonly run: string;
  readonly kind: string;
  readonly rank: number;
  readonly ticketMissing: boolean;
  readonly raised: boolean;
}

export type Claim =
  | { readonly type: 'run'; readonly record: JobRecord; readonly stalled: boolean }
  | { readonly type: 'later'; readonly when: number }
  /** The run has ended; by this claim if `ended` says how. */
  | { readonly type: 'drop'; readonly ended?: string };

export type Ending =
  | { readonly state: 'succeeded'; readonly result: string }
  | { readonly state: 'failed' | 'cancelled'; readonly failure: JobFailure };

/** A run that a worker has, with the lock token under which it got it. */
export interface Held {
  readonly run: string;
  readonly token: string;
}

export interface LedgerKeys {
  /** Before all keys of the ledger, e.g. `{kso}:jobs:`. */
  readonly prefix: string;
  /** Before the kind and the run in the key of a BullMQ job, e.g. `{kso}:bull:`. */
  readonly tickets: string;
}

const allStates: readonly JobState[] = ['waiting', 'delayed', 'active', 'succeeded', 'failed', 'cancelled', 'expired'];

/** The records of jobs in Redis. Every method that changes something is one script. */
export class Ledger {
  readonly keys: LedgerKeys;
  readonly #redis: Redis;
  readonly scripts: Scripts;

  constructor(redis: Redis, keys: LedgerKeys) {
    this.#redis = redis;
    this.keys = keys;
    this.scripts = new Scripts(redis, keys.prefix);
  }

  async add(spec: JobSpec, run: string, now: number): Promise<Added> {
    return addedOf(list(await this.scripts.run('add', now, run, this.keys.tickets, ...specArguments(spec))));
  }

  async addChild(parentId: string, spec: JobSpec, run: string, now: number): Promise<Added | 'unknown' | 'sealed'> {
    const { tickets } = this.keys;
    const reply = list(await this.scripts.run('addChild', parentId, now, run, tickets, ...specArguments(spec)));
    const first = str(reply[0]);
    return first === 'unknown' || first === 'sealed' ? first : addedOf(reply);
  }

  async claim({ run, token }: Held, now: number, maxStalls: number): Promise<Claim> {
    const [type, second, third] = list(await this.scripts.run('claim', run, token, now, maxStalls));
    if (type === 'run') return { type, record: recordOf(fieldsOf(third)), stalled: num(second) === 1 };
    if (type === 'later') return { type, when: num(second) };
    return { type: 'drop', ...(str(second) === '' ? {} : { ended: str(second) }) };
  }

  async finish({ run, token }: Held, key: string, ending: Ending, now: number): Promise<'ok' | 'lost' | 'missing'> {
    const result = ending.state === 'succeeded' ? ending.result : '';
    const failure = ending.state === 'succeeded' ? { code: '', message: '' } : ending.failure;
    const values = [run, token, now, ending.state, result, failure.code, failure.message, key];
    return str(await this.scripts.run('finish', ...values)) as 'ok' | 'lost' | 'missing';
  }

  async retry({ run, token }: Held, failure: JobFailure, notBefore: number): Promise<boolean> {
    return (await this.scripts.run('retry', run, token, notBefore, failure.code, failure.message)) === 'ok';
  }

  async release({ run, token }: Held, now: number): Promise<boolean> {
    return (await this.scripts.run('release', run, token, now)) === 'ok';
  }

  async progress({ run, token }: Held, json: string): Promise<void> {
    await this.scripts.run('progress', run, token, json);
  }

  async cancel(key: string, now: number) {
    const [was, run, kind] = list(await this.scripts.run('cancel', key, now)).map(str);
    return { was: was as 'waiting' | 'running' | 'ended', run: run ?? '', kind: kind ?? '' };
  }

  async inspect(held: readonly Held[]): Promise<('ok' | 'cancelled' | 'lost')[]> {
    if (held.length === 0) return [];
    const reply = await this.scripts.run('inspect', ...held.flatMap(({ run, token }) => [run, token]));
    return list(reply) as ('ok' | 'cancelled' | 'lost')[];
  }

  async get(key: string): Promise<JobRecord | undefined> {
    return this.#byRun(await this.#redis.hget(`${this.keys.prefix}keys`, key));
  }

  async getByJobId(jobId: string): Promise<JobRecord | undefined> {
    return this.#byRun(await this.#redis.hget(`${this.keys.prefix}ids`, jobId));
  }

  async list(filter: { kind?: string; states?: readonly JobState[]; limit: number }): Promise<JobRecord[]> {
    const limit = Math.max(0, Math.floor(filter.limit));
    if (limit === 0) return [];
    const kinds = filter.kind === undefined ? await this.kinds() : [filter.kind];
    const states = filter.states === undefined || filter.states.length === 0 ? allStates : filter.states;
    const sets = kinds.flatMap((kind) => states.map((state) => this.#stateKey(kind, state)));
    const pages = await Promise.all(sets.map((key) => this.#redis.zrevrange(key, 0, limit - 1, 'WITHSCORES')));
    const newest = pages
      .flatMap((page) => pairs(page))
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
    const records = await Promise.all(newest.map(({ member }) => this.#byRun(member)));
    return records.filter((record) => record !== undefined);
  }

  async counts(kind: string): Promise<QueueCounts> {
    const [waiting = 0, delayed = 0, active = 0] = await Promise.all(
      (['waiting', 'delayed', 'active'] as const).map((state) => this.#redis.zcard(this.#stateKey(kind, state))),
    );
    return { waiting, delayed, active };
  }

  /** Those of the runs that have ended or are not known. */
  async ended(runs: readonly string[]): Promise<string[]> {
    const states = await Promise.all(runs.map((run) => this.#redis.hget(`${this.keys.prefix}run:${run}`, 'state')));
    return runs.filter((_run, index) => hasEnded((states[index] ?? 'failed') as JobState));
  }

  /** Time at which the job was added that waits longest. */
  async oldestWaiting(kind: string): Promise<number | undefined> {
    return pairs(await this.#redis.zrange(this.#stateKey(kind, 'waiting'), 0, '0', 'WITHSCORES'))[0]?.score;
  }

  kinds(): Promise<string[]> {
    return this.#redis.smembers(`${this.keys.prefix}kinds`);
  }

  async sweep(now: number, keep: { count: number; ageMs: number; parentAgeMs: number }) {
    const reply = await this.scripts.run('sweep', now, now - keep.ageMs, keep.count, now - keep.parentAgeMs);
    const [expired, abandoned] = list(reply);
    return { expired: couples(list(expired).map(str)), abandoned: list(abandoned).map(str) };
  }

  /** Runs without a ticket among `count` runs of each state from the `first` on. */
  async ticketless(kind: string, first: number, count: number) {
    const [looked, ...found] = list(await this.scripts.run('ticketless', kind, this.keys.tickets, first, count));
    return { looked: num(looked), found: couples(found.map(str)).map(([run, rank]) => ({ run, rank: Number(rank) })) };
  }

  async #byRun(run: string | null): Promise<JobRecord | undefined> {
    if (run === null) return undefined;
    const fields = new Map(Object.entries(await this.#redis.hgetall(`${this.keys.prefix}run:${run}`)));
    return fields.has('state') ? recordOf(fields) : undefined;
  }

  #stateKey(kind: string, state: JobState): string {
    return `${this.keys.prefix}state:${kind}:${state}`;
  }
}

export function recordOf(fields: ReadonlyMap<string, string>): JobRecord {
  const number = (name: string): number | undefined => {
    const value = fields.get(name);
    return value === undefined ? undefined : Number(value);
  };
  return toRecord({
    spec: fields.get('spec') ?? '{}',
    rank: number('rank') ?? 3,
    state: fields.get('state') as JobState,
    attemptsMade: number('attemptsMade') ?? 0,
    progress: fields.get('progress'),
    result: fields.get('result'),
    failureCode: fields.get('failureCode'),
    failureMessage: fields.get('failureMessage'),
    addedAt: number('addedAt') ?? 0,
    startedAt: number('startedAt'),
    finishedAt: number('finishedAt'),
  });
}

function specArguments({ job, json, rank }: JobSpec): (string | number)[] {
  return [job.key, job.kind, rank, job.jobId, job.expiresAt ?? '', job.reuse ?? 'pending', json];
}

function addedOf([outcome, run, kind, rank, missing, raised]: readonly unknown[]): Added {
  return {
    outcome: String(outcome) as AddResult['outcome'],
    run: String(run),
    kind: String(kind),
    rank: Number(rank),
    ticketMissing: Number(missing) === 1,
    raised: Number(raised) === 1,
  };
}

function couples(flat: readonly string[]): [string, string][] {
  return flat.flatMap((value, index) => (index % 2 === 0 ? [[value, flat[index + 1] ?? ''] as [string, string]] : []));
}

function pairs(flat: readonly string[]): { member: string; score: number }[] {
  return couples(flat).map(([member, score]) => ({ member, score: Number(score) }));
}
