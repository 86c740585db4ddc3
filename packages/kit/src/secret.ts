import { inspect } from 'node:util';

export const redacted = '[redacted]';

/**
 * A value that must not be shown. Text, JSON and `util.inspect` of it say `[redacted]`; only `reveal()` gives the value,
 * so that every use can be found by its name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
