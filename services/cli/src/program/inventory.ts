import { type Command, Option } from 'commander';
import type { InventoryOptions } from '../commands/inventory.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { listValue, modes, modeValue, secondsValue, textValue } from '../options/values.ts';
import { examples } from './options.ts';

/** `kso inventory`: flags of KAI and k8s-inventory, and some more. What is not given comes from variables and files. */
export function addInventory(program: Command, host: CliHost, onEnd: (code: ExitCode) => void): void {
  program
    .command('inventory')
    .description(
      'List what runs in a cluster: images by namespace, pods and nodes. Prints it, or posts it to an Anchore-compatible API.',
    )
    .option('-c, --config <file>', 'configuration file (default: the usual places, see docs/inventory.md)', textValue)
    .addOption(new Option('-o, --output <form>', 'print it in this form').choices(['json', 'table', 'ndjson']))
    .addOption(
      new Option('--format <document>', 'which document (default: k8s-inventory)').choices([
        'kai',
        'k8s-inventory',
        'both',
      ]),
    )
    .option('-k, --kubeconfig <file>', 'kubeconfig to use, or the word use-in-cluster', textValue)
    .option('--context <name>', 'context of the kubeconfig to use', textValue)
    .addOption(new Option('-n, --namespaces <names>', 'only these namespaces (default: all)').argParser(listValue))
    .addOption(new Option('-m, --mode <mode>', 'once, or again and again').choices(modes).argParser(modeValue))
    .addOption(
      new Option('-p, --polling-interval-seconds <seconds>', 'periodic: from one to the next (default: 300)').argParser(
        secondsValue,
      ),
    )
    .option('-i, --verbose-inventory-reports', 'print what is sent, too')
    .option('--out-file <file>', 'write it to this file', textValue)
    .option('--dry-run', 'send nothing, print what would be sent')
    .option('--upload <file>', 'send a document that was written before, and look at no cluster', textValue)
    .option('--fail-on-warning', 'exit with 1 if something could not be read')
    .option('-q, --quiet', 'write no log')
    .addOption(
      new Option('-v, --verbose', 'write more of a log; -vv even more')
        .argParser((_value: unknown, count: unknown) => Number(count ?? 0) + 1)
        .default(0, 'warnings and what is done'),
    )
    .addHelpText(
      'after',
      `${examples([
        ['kso inventory -o table', 'images in the current cluster'],
        ['kso inventory --format kai --out-file inventory.json', 'a file to be uploaded later'],
        ['kso inventory --upload inventory.json', 'upload it'],
        ['kso inventory -c config.yaml -m periodic', 'report every five minutes'],
      ])}
Exit status:
  0    done; it may have gaps, which are named
  1    something could not be read (--fail-on-warning)
  2    wrong usage or configuration
  3    nothing could be read, or a report was not taken
`,
    )
    .action(async (options: InventoryOptions) => {
      const { inventory } = await import('../commands/inventory.ts');
      onEnd(await inventory(options, host));
    });
}
