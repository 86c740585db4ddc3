import { Argument, type Command } from 'commander';
import { shells } from '../completion/scripts.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { examples } from './options.ts';

/** `kso completion bash|zsh|fish` */
export function addCompletion(program: Command, host: CliHost, onEnd: (code: ExitCode) => void): void {
  program
    .command('completion')
    .description('Print the script by which a shell completes kso’s commands and options.')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText(
      'after',
      examples([
        ['source <(kso completion bash)', 'in ~/.bashrc; for zsh the same in ~/.zshrc'],
        ['kso completion fish | source', 'in ~/.config/fish/config.fish'],
      ]),
    )
    .action(async (shell: (typeof shells)[number]) => {
      const { completionScript } = await import('../completion/scripts.ts');
      const { commandShapes } = await import('../completion/command-shapes.ts');
      const { write } = await import('../output/writer.ts');
      await write(host.stdout, completionScript(shell, commandShapes(program)));
      onEnd(exitCodes.ok);
    });
}
