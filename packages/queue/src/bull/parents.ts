import type { JsonObject } from '@kso/wire';
import type { Redis } from 'ioredis';
import { fail } from '../errors.ts';
import type { ChildEnd, JobState, ParentRecord, ParentSummary } from '../port.ts';
import type { EndSource } from '../shared/announcer.ts';
import { asCancelled, outcomesOf } from '../shared/job-spec.ts';
import { type LedgerKeys, recordOf } from './ledger.ts';
import { fieldsOf, list, num, type Scripts, str } from './scripts.ts';

export interface TakenEnd extends ChildEnd {
  /** Its place in the parent's list of ends. */
  readonly entry: string;
}

/** Who waits for which jobs, in Redis. An end that is given out is lent: if its process dies, it is given out again after the lease. */
export class Parents implements EndSource<TakenEnd> {
  readonly renewEveryMs: number;
  readonly #redis: Redis;
  readonly #scripts: Scripts;
  readonly #prefix: string;
  readonly #leaseMs: number;
  readonly #now: () => number;

  constructor(redis: Redis, scripts: Scripts, keys: LedgerKeys, options: { leaseMs: number; now: () => number }) {
    this.#redis = redis;
    this.#scripts = scripts;
    this.#prefix = keys.prefix;
    this.#leaseMs = options.leaseMs;
    this.#now = options.now;
    this.renewEveryMs = options.leaseMs / 3;
  }

  async open(id: string, data: JsonObject): Promise<void> {
    await this.#scripts.run('openParent', id, JSON.stringify(data), this.#now());
  }

  async seal(parentId: string, note: JsonObject | undefined): Promise<void> {
    const text = note === undefined ? '' : JSON.stringify(note);
    const answer = await this.#scripts.run('sealParent', parentId, text, this.#now());
    if (answer === 'unknown') throw fail('PARENT_UNKNOWN', { parentId });
  }

  /** Kinds of the jobs that waited and are cancelled now; undefined if the parent is complete or unknown. */
  async cancel(parentId: string): Promise<string[] | undefined> {
    const [outcome, ...kinds] = list(await this.#scripts.run('cancelParent', parentId, this.#now())).map(str);
    return outcome === 'cancelled' ? kinds : undefined;
  }

  async get(id: string): Promise<ParentRecord | undefined> {
    const key = `${this.#prefix}parent:${id}`;
    // One transaction, so that the children belong to the record.
    const replies = await this.#redis.multi().hgetall(key).hgetall(`${key}:children`).exec();
    const [fields = {}, children = {}] = (replies ?? []).map(([, reply]) => reply as Record<string, string>);
    const summary = summaryOf(id, fields);
    if (summary === undefined) return undefined;
    const entries = Object.entries(children);
    const ended = entries.filter(([, state]) => state.startsWith('a'));
    return { ...summary, children: entries.map(([child]) => child), ended: ended.map(([child]) => child) };
  }

  async list(filter: { complete?: boolean; limit: number }): Promise<ParentSummary[]> {
    const found: ParentSummary[] = [];
    const page = 100;
    for (let first = 0; found.length < filter.limit; first += page) {
      const ids = await this.#redis.zrevrange(`${this.#prefix}parents`, first, first + page - 1);
      const summaries = await Promise.all(ids.map((id) => this.#summary(id)));
      found.push(...summaries.filter((parent) => parent !== undefined).filter((parent) => isAsked(parent, filter)));
      if (ids.length < page) break;
    }
    return found.slice(0, Math.max(0, Math.floor(filter.limit)));
  }

  async take(): Promise<TakenEnd | undefined> {
    const reply = await this.#scripts.run('takeEnd', this.#now(), this.#leaseMs, crypto.randomUUID());
    const [parent, entry, remaining, complete, data, fields, left] = list(reply);
    if (parent === undefined) return undefined;
    const record = recordOf(fieldsOf(fields));
    return {
      parentId: str(parent),
      data: JSON.parse(str(data)) as JsonObject,
      entry: str(entry),
      child: num(left) === 1 ? asCancelled(record) : record,
      remaining: num(remaining),
      complete: num(complete) === 1,
    };
  }

  async acknowledge({ parentId, entry, child }: TakenEnd): Promise<void> {
    await this.#scripts.run('acknowledge', parentId, entry, child.key, this.#now());
  }

  async postpone({ parentId }: TakenEnd, delayMs: number): Promise<void> {
    await this.#scripts.run('dueAt', parentId, this.#now() + delayMs);
  }

  async renew({ parentId }: TakenEnd): Promise<void> {
    await this.#scripts.run('dueAt', parentId, this.#now() + this.#leaseMs);
  }

  async restoreAcknowledged(parentId: string, key: string, state: JobState): Promise<void> {
    await this.#scripts.run('restoreAcknowledged', parentId, key, state);
  }

  async #summary(id: string): Promise<ParentSummary | undefined> {
    return summaryOf(id, await this.#redis.hgetall(`${this.#prefix}parent:${id}`));
  }
}

function isAsked({ completedAt }: ParentSummary, { complete }: { readonly complete?: boolean }): boolean {
  return complete === undefined || (completedAt !== undefined) === complete;
}

function summaryOf(id: string, fields: Record<string, string>): ParentSummary | undefined {
  const { data, note, sealed, total, openedAt, completedAt, cancelledAt } = fields;
  if (data === undefined) return undefined;
  return {
    id,
    data: JSON.parse(data) as JsonObject,
    total: Number(total),
    outcomes: outcomesOf((state) => Number(fields[`ended:${state}`] ?? 0)),
    sealed: sealed === '1',
    ...(note === undefined ? {} : { note: JSON.parse(note) as JsonObject }),
    openedAt: Number(openedAt),
    ...(completedAt === undefined ? {} : { completedAt: Number(completedAt) }),
    ...(cancelledAt === undefined ? {} : { cancelledAt: Number(cancelledAt) }),
  };
}
