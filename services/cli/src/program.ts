import { Command, Option } from 'commander';
import type { ToolsOptions } from './commands/tools.ts';
import type { UpOptions } from './commands/up.ts';
import type { ExitCode } from './exit-codes.ts';
import type { CliHost } from './host.ts';
import { listenerNames, listenValue, portValue, textValue } from './options/values.ts';
import { productVersion } from './product-version.ts';
import { addCompletion } from './program/completion.ts';
import { addFix } from './program/fix.ts';
import { addInventory } from './program/inventory.ts';
import { addList } from './program/list.ts';
import { examples, exitStatusHelp, failOnOption, formatOption } from './program/options.ts';
import { addScan } from './program/scan.ts';

/** The command tree. Each command loads its code when it runs, so that `--help` and short scans stay quick. */
export function createProgram(host: CliHost, onEnd: (code: ExitCode) => void): Command {
  const program = new Command('kso');
  configure(program, host);
  program
    .description('Finds misconfigurations and vulnerable images in Kubernetes clusters, manifests and images.')
    .usage('<command> [options]')
    .addHelpText(
      'after',
      examples([
        ['kso up', 'scan the current cluster (or the sample) and keep watching'],
        ['kso scan deploy/', 'scan a folder of manifests'],
        ['kso scan image nginx:1.27', 'scan one image'],
        ['kso fix deploy/ --dry-run', 'what would be repaired in those manifests'],
      ]) + exitStatusHelp,
    );
  program.version(`kso ${productVersion()}`, '--version', 'print the version of kso');
  program.enablePositionalOptions();
  addUp(program, host, onEnd);
  addScan(program, host, onEnd);
  addList(program, host, onEnd);
  addFix(program, host, onEnd);
  addInventory(program, host, onEnd);
  addTools(program, host, onEnd);
  addCompletion(program, host, onEnd);
  program
    .command('version')
    .description('Print the version of kso, of Node.js and of the engines that were found.')
    .addOption(formatOption())
    .action(async (options: { format: 'table' | 'json' }) => {
      const { version } = await import('./commands/version.ts');
      onEnd(await version(options, host));
    });
  return program;
}

function addUp(program: Command, host: CliHost, onEnd: (code: ExitCode) => void): void {
  program
    .command('up')
    .description(
      'Run the whole suite in this process and scan: the manifests given, else the current cluster if it answers, else the sample cluster.',
    )
    .option('-m, --manifests <path>', 'scan this folder or file of manifests instead of a cluster', textValue)
    .option('--context <name>', 'context of the kubeconfig to use', textValue)
    .option('--kubeconfig <file>', 'kubeconfig to use (default: $KUBECONFIG, else ~/.kube/config)', textValue)
    .option('--once', 'end after the first full scan instead of watching')
    .addOption(failOnOption('with --once: '))
    .option('--no-engines', 'do not build Syft and Grype when they are missing; images are then not evaluated')
    .option(
      '--data-dir <path>',
      'where results are kept (default: $XDG_DATA_HOME/kso, else ~/.local/share/kso)',
      textValue,
    )
    .addOption(
      new Option('--port <number>', 'port of the CloudEndpoint and its page (default: 8090), 0 for any').argParser(
        portValue,
      ),
    )
    .addOption(
      new Option(
        '--listen <name=port>',
        `other ports, may be repeated; names: ${listenerNames.join(', ')}; 0 for any`,
      ).argParser(listenValue),
    )
    .option('-v, --verbose', 'write the log of the services to standard error (default: kso.log in the data folder)')
    .addHelpText(
      'after',
      examples([
        ['kso up', 'scan what the current kubeconfig points to, then watch it'],
        ['kso up --once --fail-on high', 'one scan, exit status 1 if something is high or worse'],
        ['kso up --manifests deploy/sample', 'watch a folder of manifests'],
        ['kso up --listen all=0 --data-dir /tmp/kso', 'a second suite beside a running one'],
      ]) + exitStatusHelp,
    )
    .action(async (options: UpOptions) => {
      const { newThread } = await import('@kso/kubescape-scanner/thread');
      // It loads its code while this thread loads the rest.
      const thread = newThread();
      try {
        const { up } = await import('./commands/up.ts');
        onEnd(await up(options, host, thread));
      } finally {
        await thread.terminate();
      }
    });
}

function addTools(program: Command, host: CliHost, onEnd: (code: ExitCode) => void): void {
  const tools = program.command('tools').description('The programs that kso uses beside itself: Syft and Grype.');
  const run = (name: 'install' | 'list') => async (options: ToolsOptions) => {
    const commands = await import('./commands/tools.ts');
    onEnd(await commands[name](options, host));
  };
  tools
    .command('list')
    .description('Show which programs were found, where, and how to get those that are missing.')
    .addOption(formatOption())
    .addHelpText('after', examples([['kso tools list', 'where Syft and Grype are']]))
    .action(run('list'));
  tools
    .command('install')
    .description('Build the pinned versions of the missing programs with Go into the tool cache.')
    .addHelpText('after', examples([['kso tools install', 'takes about ten minutes on two cores, once']]))
    .action(run('install'));
}

/** Errors as one line on standard error, and thrown instead of ending the process. */
function configure(command: Command, host: CliHost): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
      outputError: (text, write) => write(`kso: ${oneLine(text)}\n`),
      getOutHelpWidth: () => Math.min(host.stdout.columns ?? 100, 120),
      getErrHelpWidth: () => Math.min(host.stderr.columns ?? 100, 120),
    })
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command');
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ');
}
