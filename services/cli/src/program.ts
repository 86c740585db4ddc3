import { Command, Option } from 'commander';
import type { ScanOptions } from './commands/scan.ts';
import type { ScanImageOptions } from './commands/scan-image.ts';
import type { ToolsOptions } from './commands/tools.ts';
import type { UpOptions } from './commands/up.ts';
import type { ExitCode } from './exit-codes.ts';
import type { CliHost } from './host.ts';
import { listenerNames, listenValue, listValue, portValue, severityValue, textValue } from './options/values.ts';
import { productVersion } from './product-version.ts';

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
      ]) + exitStatusHelp,
    );
  program.version(`kso ${productVersion()}`, '--version', 'print the version of kso');
  program.enablePositionalOptions();
  addUp(program, host, onEnd);
  addScan(program, host, onEnd);
  addTools(program, host, onEnd);
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
      const { up } = await import('./commands/up.ts');
      onEnd(await up(options, host));
    });
}

function addScan(program: Command, host: CliHost, onEnd: (code: ExitCode) => void): void {
  const scan = program
    .command('scan')
    .description('Scan manifests (default: the current folder), the current cluster, or one image.')
    .argument('[path...]', 'folders or files of manifests, or the word "cluster"')
    .addOption(formatOption())
    .addOption(
      new Option('--framework <names>', 'only the controls of these frameworks, e.g. nsa').argParser(listValue),
    )
    .addOption(new Option('--control <ids>', 'only these controls, e.g. C-0057').argParser(listValue))
    .addOption(failOnOption())
    .option('-o, --output <file>', 'write the result to a file instead of standard output', textValue)
    .option('--context <name>', 'for cluster: context of the kubeconfig to use', textValue)
    .option('--kubeconfig <file>', 'for cluster: kubeconfig to use', textValue)
    .addHelpText(
      'after',
      examples([
        ['kso scan', 'the manifests in this folder'],
        ['kso scan deploy/ charts/rendered.yaml', 'several of them'],
        ['kso scan cluster --framework nsa', 'the current cluster, NSA controls only'],
        ['kso scan . --format json -o report.json', 'posture report, version 2'],
        ['kso scan . --fail-on high', 'exit status 1 if something is high or worse'],
        ['kso scan image nginx:1.27', 'one image'],
      ]) + exitStatusHelp,
    )
    .action(async (paths: string[], options: ScanOptions) => {
      const { scan } = await import('./commands/scan.ts');
      onEnd(await scan(paths, options, host));
    });
  scan
    .command('image')
    .description(
      'Scan one image for known vulnerabilities. It needs Syft and Grype (kso tools install) and a Grype database.',
    )
    .argument('<reference>', 'image, e.g. nginx:1.27 or registry.example.com/team/app@sha256:…')
    .addOption(formatOption())
    .addOption(failOnOption())
    .option('-o, --output <file>', 'write the result to a file instead of standard output', textValue)
    .option('--platform <os/arch>', 'platform of an image of several, e.g. linux/arm64', textValue)
    .addHelpText(
      'after',
      examples([
        ['kso scan image nginx:1.27', 'a table of its vulnerabilities'],
        ['kso scan image app:1 --format json --fail-on critical', 'for a pipeline'],
      ]) + exitStatusHelp,
    )
    .action(async (reference: string, options: ScanImageOptions) => {
      const { scanImage } = await import('./commands/scan-image.ts');
      onEnd(await scanImage(reference, options, host));
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

function formatOption(): Option {
  return new Option('-f, --format <format>', 'how to print the result').choices(['table', 'json']).default('table');
}

function failOnOption(prefix = ''): Option {
  return new Option(
    '--fail-on <severity>',
    `${prefix}exit with 1 if something of this severity or worse is found`,
  ).argParser(severityValue);
}

function examples(lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join('\n')}\n`;
}

const exitStatusHelp = `
Exit status:
  0    done
  1    the threshold of --fail-on was met
  2    wrong usage, or the input cannot be read or holds nothing to scan
  3    nothing could be evaluated, or something needed for the scan failed
  130  ended by Ctrl-C (SIGINT)
  143  ended by SIGTERM
`;
