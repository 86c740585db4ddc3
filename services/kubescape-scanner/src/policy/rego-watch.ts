import { hash } from 'node:crypto';
import type { RegoControl } from '@kso/engines';
import { type Clock, describeError, type Logger } from '@kso/kit';
import type { Degradation } from '@kso/wire';
import type { RegoPolicies } from '../scan/rego-policies.ts';
import { noRego, type ServiceRego } from './rego-of-service.ts';

export interface RegoWatchOptions {
  /** Reads what is configured; undefined when nothing is. @throws when it cannot be used at all */
  read(signal: AbortSignal): Promise<RegoPolicies | undefined>;
  /** What is wrong with a rule of the control; see `createRuleChecker`. */
  check(control: RegoControl, signal: AbortSignal): Promise<string | undefined>;
  /** Changes when what would be read does; undefined when only reading can tell. */
  fingerprint(): Promise<string | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between two readings, in ms. */
  readonly everyMs: number;
  /** Told of the first reading, and of everything that differs from it later. */
  onRego(rego: ServiceRego): void;
  /** Whether what was read last is what is evaluated. */
  onCurrent(isCurrent: boolean): void;
}

/** Keeps policies in Rego up to date. */
export interface RegoWatch {
  /** Resolves after the first reading, well or badly. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const component = 'policies in Rego';

/**
 * Reads policies in Rego at the start and from time to time. A version that cannot be read, or parts of which cannot, does not take the
 * place of one that could be: that one stays, and every report says so. The same holds for each control whose new rules do not compile.
 */
export function createRegoWatch(options: RegoWatchOptions): RegoWatch {
  const { clock, logger, everyMs, onRego, onCurrent } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let good: { readonly policies: RegoPolicies | undefined; readonly readAt: number } | undefined;
  let seen: string | undefined;
  let told = '';
  let running: Promise<void> | undefined;

  const tell = (rego: ServiceRego): void => {
    const state = JSON.stringify([rego.version, rego.problems]);
    if (state === told) return;
    told = state;
    for (const { component: part, reason } of rego.problems)
      logger.error({ component: part, reason }, 'policies in Rego cannot be used as they are');
    onRego(rego);
  };

  /** What counts instead of a version that cannot be used. */
  const refuse = (problem: string): void => {
    onCurrent(false);
    const since = good === undefined ? '' : `; the version read at ${new Date(good.readAt).toISOString()} counts`;
    const { policies } = good ?? {};
    const before = policies === undefined ? noRego : regoOf(policies, []);
    tell({ ...before, problems: [...before.problems, { component, reason: `${problem}${since}` }] });
  };

  const look = async (): Promise<void> => {
    const fingerprint = await options.fingerprint();
    if (fingerprint !== undefined && fingerprint === seen) return;
    seen = fingerprint;
    try {
      const read = await options.read(signal);
      const broken = good?.policies === undefined ? undefined : brokenPart(read);
      if (broken !== undefined) return refuse(broken);
      const { policies, problems } = await withRulesThatCompile(read, good?.policies, (each) =>
        options.check(each, signal),
      );
      if (signal.aborted) return;
      good = { policies, readAt: clock.now() };
      onCurrent(problems.length === 0);
      tell(policies === undefined ? noRego : regoOf(policies, problems));
    } catch (error) {
      if (signal.aborted) return;
      // The reason may be gone next time although the files are the same.
      seen = undefined;
      refuse(describeError(error));
    }
  };

  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(everyMs, signal).catch(() => undefined);
      if (!signal.aborted) await look();
    }
  };

  return {
    start: async () => {
      await look();
      running ??= follow();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function regoOf(policies: RegoPolicies, problems: readonly Degradation[]): ServiceRego {
  const { added, always, controls, inputs, documents } = policies;
  const version = hash('sha256', JSON.stringify([added, always, [...controls], inputs, documents]));
  return { version, policies, problems: [...policies.problems, ...problems] };
}

/** A file that is no JSON was cut off, or is being written: what it held must not be gone for that. */
function brokenPart(read: RegoPolicies | undefined): string | undefined {
  const broken = read?.problems.find((problem) => problem.component.startsWith('file '));
  return broken === undefined ? undefined : `${broken.component}: ${broken.reason}`;
}

/** The policies with the former rules of controls whose new ones do not compile. */
async function withRulesThatCompile(
  read: RegoPolicies | undefined,
  before: RegoPolicies | undefined,
  check: (control: RegoControl) => Promise<string | undefined>,
): Promise<{ readonly policies: RegoPolicies | undefined; readonly problems: readonly Degradation[] }> {
  if (read === undefined || before === undefined) return { policies: read, problems: [] };
  const controls = new Map(read.controls);
  const problems: Degradation[] = [];
  for (const [id, control] of read.controls) {
    const former = before.controls.get(id);
    if (former === undefined || textOf(former) === textOf(control)) continue;
    const problem = await check(control);
    if (problem === undefined) continue;
    controls.set(id, former);
    problems.push({ component: `control ${id}`, reason: `${problem}; its rules of before count` });
  }
  return { policies: { ...read, controls }, problems };
}

function textOf({ rules }: RegoControl): string {
  return JSON.stringify(rules.map(({ text, enumerator }) => [text, enumerator]));
}
