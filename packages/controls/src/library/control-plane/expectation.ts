import { secondsOf } from './duration.ts';
import type { Flag } from './flags.ts';

/** What a control wants of the flags of a component. Answers what is wrong, or undefined if nothing is. */
export interface Expectation {
  /** Flags whose presence moves the setting into a file, which cannot be seen from here. */
  readonly unless?: string;
  check(flags: ReadonlyMap<string, Flag>): FlagProblem | undefined;
}

export interface FlagProblem {
  /** Flags that are wrong as they are written. */
  readonly wrong: readonly Flag[];
  /** Flags to set, as `--name=value`; `YOUR_VALUE` where only the owner knows. */
  readonly fixes: readonly string[];
  readonly wanted: string;
}

interface Elsewhere {
  readonly unless?: string;
}

const owners = 'YOUR_VALUE';

/** Has to be `false` in so many words; the default is true. */
export function mustBeFalse(name: string, options: Elsewhere = {}): Expectation {
  return expectation(options, name, (flag) => flag?.value === 'false', [`--${name}=false`]);
}

/** Has to be `true` in so many words; the default is false. */
export function mustBeTrue(name: string): Expectation {
  return expectation({}, name, (flag) => flag?.value === 'true', [`--${name}=true`]);
}

/** Must not be turned off; the default is true. A value that is neither is wrong. */
export function mustNotBeFalse(name: string): Expectation {
  return expectation({}, name, (flag) => flag === undefined || flag.value === 'true', [`--${name}=true`]);
}

/** Must not be turned on; the default is false. A value that is neither is wrong. */
export function mustNotBeTrue(name: string): Expectation {
  return expectation({}, name, (flag) => flag === undefined || flag.value === 'false', [`--${name}=false`]);
}

export function mustBeAbsent(name: string): Expectation {
  return expectation({}, name, (flag) => flag === undefined, [], `no --${name}`);
}

/** Each has to be there with a value. */
export function mustBeSet(...args: readonly (string | Elsewhere)[]): Expectation {
  const names = args.filter((argument) => typeof argument === 'string');
  const options = args.find((argument): argument is Elsewhere => typeof argument === 'object') ?? {};
  return {
    ...options,
    check(flags) {
      const isSet = (name: string): boolean => !['', 'true', undefined].includes(flags.get(name)?.value);
      const missing = names.filter((name) => !isSet(name));
      if (missing.length === 0) return undefined;
      return {
        wrong: missing.flatMap((name) => flags.get(name) ?? []),
        fixes: missing.map((name) => `--${name}=${owners}`),
        wanted: names.map((name) => `--${name}`).join(' and '),
      };
    },
  };
}

/** A list has to contain at least one of the items. `absent: 'fine'`: a missing flag is no problem. */
export function mustList(
  name: string,
  items: readonly string[],
  options: Elsewhere & { readonly absent?: 'fine' } = {},
): Expectation {
  const fits = (flag: Flag | undefined): boolean =>
    flag === undefined ? options.absent === 'fine' : items.some((item) => itemsOf(flag).includes(item));
  return expectation(
    options,
    name,
    fits,
    (flag) => [`--${name}=${[...itemsOf(flag), items[0]].join(',')}`],
    `${items.join(' or ')} in --${name}`,
  );
}

/** A list must not contain the item. `absent`: what a missing flag means. */
export function mustNotList(
  name: string,
  item: string,
  options: Elsewhere & { readonly absent?: string } = {},
): Expectation {
  const fits = (flag: Flag | undefined): boolean =>
    flag === undefined ? options.absent !== item : !itemsOf(flag).includes(item);
  const fix = (flag: Flag | undefined): string[] => {
    const left = itemsOf(flag).filter((other) => other !== item);
    return [`--${name}=${left.length === 0 ? owners : left.join(',')}`];
  };
  return expectation(options, name, fits, fix, `--${name} without ${item}`);
}

/** A list may contain only these items, and has to be there. */
export function mustListOnly(name: string, allowed: readonly string[]): Expectation {
  const fits = (flag: Flag | undefined): boolean => {
    const items = itemsOf(flag);
    return items.length > 0 && items.every((item) => allowed.includes(item));
  };
  return expectation(
    {},
    name,
    fits,
    (flag) => {
      const left = itemsOf(flag).filter((item) => allowed.includes(item));
      return [`--${name}=${(left.length === 0 ? allowed : left).join(',')}`];
    },
    `--${name} with strong suites only`,
  );
}

/** A list must not contain any of these items; a missing flag is fine. */
export function mustListNone(name: string, forbidden: readonly string[]): Expectation {
  const fits = (flag: Flag | undefined): boolean => !itemsOf(flag).some((item) => forbidden.includes(item));
  return expectation(
    {},
    name,
    fits,
    (flag) => {
      const left = itemsOf(flag).filter((item) => !forbidden.includes(item));
      return left.length === 0 ? [] : [`--${name}=${left.join(',')}`];
    },
    `--${name} without weak suites`,
  );
}

export function mustBeAtLeast(name: string, least: number): Expectation {
  const fits = (flag: Flag | undefined): boolean =>
    flag !== undefined && /^\d+$/.test(flag.value) && Number(flag.value) >= least;
  return expectation({}, name, fits, [`--${name}=${least}`], `--${name}=${least} or more`);
}

/** Must not be 0; a missing flag is fine, what is no number is not. */
export function mustNotBeZero(name: string): Expectation {
  const fits = (flag: Flag | undefined): boolean => flag === undefined || Number(flag.value) > 0;
  return expectation({}, name, fits, [`--${name}=${owners}`], `--${name} other than 0`);
}

/** A duration above 0 and of at most so many seconds; a missing flag is fine. */
export function mustBeShort(name: string, seconds: number): Expectation {
  const fits = (flag: Flag | undefined): boolean => {
    const length = flag === undefined ? 1 : secondsOf(flag.value);
    return length !== undefined && length > 0 && length <= seconds;
  };
  return expectation({}, name, fits, [`--${name}=60s`], `--${name} of at most ${seconds}s`);
}

/** Has to be the loopback address. */
export function mustBeLocal(name: string): Expectation {
  const local = new Set(['127.0.0.1', '::1', 'localhost']);
  return expectation({}, name, (flag) => flag !== undefined && local.has(flag.value), [`--${name}=127.0.0.1`]);
}

export function mustNotDisableFeature(feature: string): Expectation {
  const off = `${feature}=false`;
  const fits = (flag: Flag | undefined): boolean => !itemsOf(flag).includes(off);
  return expectation(
    {},
    'feature-gates',
    fits,
    (flag) => [`--feature-gates=${[...itemsOf(flag).filter((item) => item !== off), `${feature}=true`].join(',')}`],
    `${feature} not turned off in --feature-gates`,
  );
}

type Fixes = readonly string[] | ((flag: Flag | undefined) => readonly string[]);

function expectation(
  { unless }: Elsewhere,
  name: string,
  fits: (flag: Flag | undefined) => boolean,
  fixes: Fixes,
  wanted?: string,
): Expectation {
  return {
    ...(unless === undefined ? {} : { unless }),
    check(flags) {
      const flag = flags.get(name);
      if (fits(flag)) return undefined;
      const list = typeof fixes === 'function' ? fixes(flag) : fixes;
      return { wrong: flag === undefined ? [] : [flag], fixes: list, wanted: wanted ?? list.join(' ') };
    },
  };
}

function itemsOf(flag: Flag | undefined): string[] {
  return flag === undefined
    ? []
    : flag.value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
}
