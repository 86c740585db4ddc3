import type { JsonObject } from '@kso/wire';
import type { Redis } from 'ioredis';
import { fail } from '../errors.ts';
import type { ChildEnd, JobState, ParentRecord } from '../port.ts';
import type { EndSource } from '../shared/announcer.ts';
import { outcomesOf } from '../shared/job-spec.ts';
import { type LedgerKeys, recordOf } from './ledger.ts';
import { fieldsOf, list, num, type Scripts, str } from './scripts.ts';

export interface TakenEnd extends ChildEnd {
  readonly run: string;
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

  async get(id: string): Promise<ParentRecord | undefined> {
    const key = `${this.#prefix}parent:${id}`;
    // One transaction, so that the children belong to the record.
    const replies = await this.#redis.multi().hgetall(key).hgetall(`${key}:children`).exec();
    const [fields = {}, children = {}] = (replies ?? []).map(([, reply]) => reply as Record<string, string>);
    return fields['data'] === undefined ? undefined : parentOf(id, fields, children);
  }

  async list(filter: { complete?: boolean; limit: number }): Promise<ParentRecord[]> {
    const found: ParentRecord[] = [];
    const page = 100;
    for (let first = 0; found.length < filter.limit; first += page) {
      const ids = await this.#redis.zrevrange(`${this.#prefix}parents`, first, first + page - 1);
      const records = await Promise.all(ids.map((id) => this.get(id)));
      const complete = (record: ParentRecord): boolean => record.completedAt !== undefined;
      found.push(
        ...records
          .filter((record) => record !== undefined)
          .filter((record) => filter.complete === undefined || complete(record) === filter.complete),
      );
      if (ids.length < page) break;
    }
    return found.slice(0, Math.max(0, Math.floor(filter.limit)));
  }

  async take(): Promise<TakenEnd | undefined> {
    const reply = await this.#scripts.run('takeEnd', this.#now(), this.#leaseMs, crypto.randomUUID());
    const [parent, run, remaining, complete, fields] = list(reply);
    if (parent === undefined) return undefined;
    return {
      parentId: str(parent),
      run: str(run),
      child: recordOf(fieldsOf(fields)),
      remaining: num(remaining),
      complete: num(complete) === 1,
    };
  }

  async acknowledge({ parentId, run, child }: TakenEnd): Promise<void> {
    await this.#scripts.run('acknowledge', parentId, run, child.key, this.#now());
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
}

function parentOf(id: string, fields: Record<string, string>, children: Record<string, string>): ParentRecord {
  const { data = '{}', note, sealed, openedAt, completedAt } = fields;
  const entries = Object.entries(children);
  return {
    id,
    data: JSON.parse(data) as JsonObject,
    children: entries.map(([key]) => key),
    ended: entries.filter(([, state]) => state.startsWith('a')).map(([key]) => key),
    outcomes: outcomesOf((state) => Number(fields[`ended:${state}`] ?? 0)),
    sealed: sealed === '1',
    ...(note === undefined ? {} : { note: JSON.parse(note) as JsonObject }),
    openedAt: Number(openedAt),
    ...(completedAt === undefined ? {} : { completedAt: Number(completedAt) }),
  };
}
