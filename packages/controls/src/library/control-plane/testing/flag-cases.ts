import type { Control } from '../../../control.ts';
import { verdictOn } from '../../../testing/judge.ts';
import type { ComponentName } from '../component.ts';
import { podRunning, staticPod } from './static-pod.ts';

interface FlagCase {
  readonly id: string;
  readonly flags: string;
  readonly verdict: 'failed' | 'passed' | 'unconcerned';
  run(): string;
}

/** One test per line of a table of flags, with flags in `command` and in `args`, and one with a pod that runs something else. */
export function flagCases(
  program: ComponentName,
  controls: readonly Control[],
  table: Readonly<Record<string, { readonly fails: readonly string[]; readonly passes: readonly string[] }>>,
): FlagCase[] {
  return controls.flatMap((control) => {
    const { fails = [], passes = [] } = table[control.id] ?? {};
    const split = (flags: string): string[] => flags.split(' ').filter((flag) => flag !== '');
    const inArgs = (flags: string) => podRunning({ command: [`/usr/local/bin/${program}`], args: split(flags) });
    const statusOf = (flags: string): string => {
      const statuses = [staticPod(program, split(flags)), inArgs(flags)].map(
        (object) => verdictOn(control, object)?.status,
      );
      return [...new Set(statuses)].join(' or ');
    };
    const elsewhere = podRunning({ command: [program] }, 'p', 'shop');
    return [
      ...fails.map((flags): FlagCase => ({ id: control.id, flags, verdict: 'failed', run: () => statusOf(flags) })),
      ...passes.map((flags): FlagCase => ({ id: control.id, flags, verdict: 'passed', run: () => statusOf(flags) })),
      {
        id: control.id,
        flags: 'a pod elsewhere',
        verdict: 'unconcerned',
        run: () => (verdictOn(control, elsewhere) === undefined ? 'unconcerned' : 'judged'),
      },
    ];
  });
}
