import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { examples, formatOption } from './options.ts';

/** `kso list frameworks`, `kso list controls`. */
export function addList(program: Command, host: CliHost, onEnd: (code: ExitCode) => void): void {
  const list = program.command('list').description('What can be asked for: frameworks and controls.');
  const run = (what: 'frameworks' | 'controls') => async (options: { readonly format: 'table' | 'json' }) => {
    const commands = await import('../commands/list.ts');
    onEnd(await commands[what](options, host));
  };
  list
    .command('frameworks')
    .description('Show the frameworks and how many controls each has.')
    .addOption(formatOption())
    .addHelpText('after', examples([['kso list frameworks', 'names for --framework']]))
    .action(run('frameworks'));
  list
    .command('controls')
    .description('Show all controls with severity and name.')
    .addOption(formatOption())
    .addHelpText('after', examples([['kso list controls --format json', 'with descriptions and remediations']]))
    .action(run('controls'));
}
