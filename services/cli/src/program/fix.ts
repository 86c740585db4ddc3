import { type Command, Option } from 'commander';
import type { FixOptions } from '../commands/fix.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { listValue, severityValue } from '../options/values.ts';
import { examples } from './options.ts';

/** `kso fix DIR` */
export function addFix(program: Command, host: CliHost, onEnd: (code: ExitCode) => void): void {
  program
    .command('fix')
    .description(
      'Set in manifests what failed controls want to be set. Comments and layout stay. Read the diff: a workload may need what a control takes from it.',
    )
    .argument('[path...]', 'folders or files of manifests (default: the current folder)')
    .option('--dry-run', 'print the changes as a unified diff and write nothing')
    .addOption(new Option('--control <ids>', 'only what these controls want').argParser(listValue))
    .addOption(
      new Option('--framework <names>', 'only what the controls of these frameworks want').argParser(listValue),
    )
    .addOption(new Option('--severity <severity>', 'only controls of this severity or worse').argParser(severityValue))
    .option('-v, --verbose', 'list all that has to be done by hand')
    .addHelpText(
      'after',
      `${examples([
        ['kso fix deploy/ --dry-run', 'a diff, e.g. for git apply or a review'],
        ['kso fix deploy/ --control C-0016,C-0017', 'two controls only'],
        ['kso fix . --severity high', 'what is high or worse'],
      ])}
Templates of Helm charts are never changed. Values that only you know (limits, probes) are left to you.

Exit status:
  0    done, also when something is left to do by hand
  2    wrong usage, or the input cannot be read or holds nothing to fix
  3    a file could not be written, or nothing could be evaluated
`,
    )
    .action(async (paths: string[], options: FixOptions) => {
      const { fix } = await import('../commands/fix.ts');
      onEnd(await fix(paths, options, host));
    });
}
