import type { Redis } from 'ioredis';
import * as jobs from './lua/jobs.ts';
import * as parents from './lua/parents.ts';
import * as upkeep from './lua/upkeep.ts';

const scripts = { ...jobs, ...parents, ...upkeep } as const;

export type ScriptName = keyof typeof scripts;
type Reply = string | number | null | Reply[];

/** The queue's Lua scripts on a connection; each is atomic. */
export class Scripts {
  readonly #redis: Redis & Readonly<Record<string, unknown>>;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis as Redis & Readonly<Record<string, unknown>>;
    this.#prefix = prefix;
    for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(commandName(name), { numberOfKeys: 1, lua });
  }

  run(name: ScriptName, ...values: readonly (string | number)[]): Promise<Reply> {
    // `defineCommand` makes a method that no type knows of.
    const command = this.#redis[commandName(name)] as (...values: readonly (string | number)[]) => Promise<Reply>;
    return command.call(this.#redis, this.#prefix, ...values);
  }
}

const commandName = (name: string): string => `kso:${name}`;

export const list = (reply: Reply | undefined): Reply[] => (Array.isArray(reply) ? reply : []);
export const str = (reply: Reply | undefined): string => (typeof reply === 'string' ? reply : String(reply ?? ''));
export const num = (reply: Reply | undefined): number => Number(reply ?? 0);

/** The flat reply of HGETALL within a script. */
export function fieldsOf(reply: Reply | undefined): Map<string, string> {
  const flat = list(reply).map(str);
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2) fields.set(flat[index] ?? '', flat[index + 1] ?? '');
  return fields;
}
