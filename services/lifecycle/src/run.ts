import { describeError } from '@kso/kit';
import { check } from './check/check.ts';
import { usage as checkUsage, readTargets } from './check/targets.ts';
import { makeSecrets } from './make-secret/make-secrets.ts';
import { readWishes, usage as secretUsage } from './make-secret/wishes.ts';
import type { LifecyclePorts } from './ports.ts';
import { usage as aclUsage, readAclOptions, writeAcl } from './redis-acl.ts';
import { readRestartOptions, restart, usage as restartUsage } from './restart.ts';

/** 0 done, 1 a check failed, 2 usage, 3 something outside did not answer or refused. */
export const exitCodes = { done: 0, failed: 1, usage: 2, broken: 3 } as const;

/** Arguments of a command that were read, or what is wrong with them. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

interface Command {
  readonly usage: string;
  run(argv: readonly string[], ports: LifecyclePorts): Promise<number>;
}

/** Reads the arguments before anything is done. */
function command<T>(
  usage: string,
  read: (argv: readonly string[]) => Read<T>,
  act: (value: T, ports: LifecyclePorts) => Promise<number>,
): Command {
  return {
    usage,
    run: (argv, ports) => {
      const given = read(argv);
      if (given.ok) return act(given.value, ports);
      ports.complain(`${given.problem}\n${usage}`);
      return Promise.resolve(exitCodes.usage);
    },
  };
}

const commands: Readonly<Record<string, Command>> = {
  'make-secret': command(secretUsage, readWishes, async (wishes, ports) => {
    await makeSecrets(wishes, ports);
    return exitCodes.done;
  }),
  'redis-acl': command(aclUsage, readAclOptions, (options) => {
    writeAcl(options);
    return Promise.resolve(exitCodes.done);
  }),
  restart: command(restartUsage, readRestartOptions, async (options, ports) => {
    await restart(options, ports);
    return exitCodes.done;
  }),
  check: command(checkUsage, readTargets, async (targets, ports) =>
    (await check(targets, ports)) ? exitCodes.done : exitCodes.failed,
  ),
};

/** What the chart runs once beside the services; returns the exit code. */
export async function runLifecycle(argv: readonly string[], ports: LifecyclePorts): Promise<number> {
  const [name = '', ...rest] = argv;
  const wanted = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (wanted === undefined) {
    ports.complain(
      Object.values(commands)
        .map(({ usage }) => usage)
        .join('\n'),
    );
    return exitCodes.usage;
  }
  try {
    return await wanted.run(rest, ports);
  } catch (error) {
    ports.complain(describeError(error));
    return exitCodes.broken;
  }
}
