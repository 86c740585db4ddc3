import { type Command, Option } from 'commander';
import type { ScanOptions } from '../commands/scan.ts';
import type { ScanImageOptions } from '../commands/scan-image.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { formatsValue, listValue, percentValue, severityValue, textValue, workloadValue } from '../options/values.ts';
import { scanFormats } from '../scan/outputs.ts';
import { examples, exitStatusHelp, failOnOption } from './options.ts';

type OnEnd = (code: ExitCode) => void;

/** `kso scan` and what stands behind it: `framework`, `control`, `workload` (the existing product's spelling) and `image`. */
export function addScan(program: Command, host: CliHost, onEnd: OnEnd): void {
  const run = async (paths: readonly string[], options: ScanOptions): Promise<void> => {
    const { scan } = await import('../commands/scan.ts');
    onEnd(await scan(paths, options, host));
  };
  const scan = program
    .command('scan')
    .description('Scan manifests (default: the current folder), the current cluster, or one image.')
    .argument('[path...]', 'folders or files of manifests, "-" for standard input, or the word "cluster"');
  withScanOptions(withSelection(scan))
    .addHelpText(
      'after',
      examples([
        ['kso scan', 'the manifests in this folder, its Helm charts and kustomizations'],
        ['kso scan deploy/ charts/rendered.yaml', 'several of them'],
        ['helm template shop charts/shop | kso scan -', 'what another program makes'],
        ['kso scan cluster --framework nsa', 'the current cluster, NSA controls only'],
        ['kso scan framework nsa,mitre deploy/', 'the same frameworks in words'],
        ['kso scan workload Deployment/web cluster', 'one object and what it depends on'],
        ['kso scan . --format sarif,html -o report', 'report.sarif and report.html'],
        ['kso scan framework baseline --custom-frameworks baseline.yaml', 'a framework of your own'],
        ['kso scan . --custom-rules rules/', 'rules of your own in Rego as well'],
        ['kso scan . --fail-on high', 'exit status 1 if something is high or worse'],
        ['kso scan image nginx:1.27', 'one image'],
      ]) + exitStatusHelp,
    )
    .action(run);
  withScanOptions(
    scan
      .command('framework')
      .description(
        'Scan with the controls of some frameworks; "all" means every control. kso list frameworks shows them.',
      )
      .argument('<names>', 'names with commas between them, e.g. nsa,mitre', (text) => listValue(text, undefined))
      .argument('[path...]', 'as with kso scan'),
  )
    .addHelpText('after', examples([['kso scan framework nsa,mitre cluster', 'two frameworks, the current cluster']]))
    .action((names: readonly string[], paths: string[], options: ScanOptions) =>
      run(paths, names.some((name) => name.toLowerCase() === 'all') ? options : { ...options, framework: names }),
    );
  withScanOptions(
    scan
      .command('control')
      .description('Scan with single controls. kso list controls shows them.')
      .argument('<ids>', 'ids with commas between them, e.g. C-0057,C-0016', (text) => listValue(text, undefined))
      .argument('[path...]', 'as with kso scan'),
  )
    .addHelpText('after', examples([['kso scan control C-0057 deploy/', 'privileged containers only']]))
    .action((ids: readonly string[], paths: string[], options: ScanOptions) =>
      run(paths, { ...options, control: ids }),
    );
  addWorkload(scan, run);
  addImage(scan, host, onEnd);
}

function addWorkload(scan: Command, run: (paths: readonly string[], options: ScanOptions) => Promise<void>): void {
  const command = scan
    .command('workload')
    .description('Scan one object; the others are read, because its controls relate to them.')
    .argument('<kind/name>', 'e.g. Deployment/web', workloadValue)
    .argument('[path...]', 'as with kso scan')
    .option('-n, --namespace <name>', 'namespace of the object (default: any)', textValue);
  withScanOptions(withSelection(command))
    .addHelpText(
      'after',
      examples([
        ['kso scan workload Deployment/web -n shop cluster', 'in the current cluster'],
        ['kso scan workload Deployment/web deploy/', 'in a folder'],
      ]),
    )
    .action(
      (
        workload: { readonly kind: string; readonly name: string },
        paths: string[],
        { namespace, ...options }: ScanOptions & { readonly namespace?: string },
      ) => run(paths, { ...options, workload: { ...workload, ...(namespace === undefined ? {} : { namespace }) } }),
    );
}

function addImage(scan: Command, host: CliHost, onEnd: OnEnd): void {
  scan
    .command('image')
    .description(
      'Scan one image, or what lies on this machine, for known vulnerabilities. It needs Syft and Grype (kso tools install) and a Grype database. Private registries: the logins of docker are used, its credential helpers too.',
    )
    .argument(
      '<reference>',
      'nginx:1.27 or registry.example.com/team/app@sha256:…; dir:FOLDER, oci-dir:FOLDER, docker-archive:FILE (docker save), sbom:FILE (Syft, CycloneDX, SPDX)',
    )
    .addOption(
      new Option('-f, --format <format>', 'how to print the result')
        .choices(['table', 'json', 'sarif', 'cyclonedx', 'spdx', 'html'])
        .default('table'),
    )
    .addOption(failOnOption())
    .option('--only-fixed', 'only vulnerabilities for which a fixed version is known')
    .addOption(
      new Option('--vex <files>', 'OpenVEX documents: what they say is not affected does not count').argParser(
        listValue,
      ),
    )
    .option('-o, --output <file>', 'write the result to a file instead of standard output', textValue)
    .option('--platform <os/arch>', 'platform of an image of several, e.g. linux/arm64', textValue)
    .option('--plain-http', 'speak to the registry without TLS (default for registries on this machine)')
    .option('--no-plain-http', 'speak TLS to a registry on this machine')
    .option('--insecure-skip-tls-verify', "take any certificate of the registry; better: KSO_CA_FILE with its CA's")
    .addHelpText(
      'after',
      examples([
        ['kso scan image nginx:1.27', 'a table of its vulnerabilities'],
        ['kso scan image app:1 --format json --fail-on critical', 'for a pipeline'],
        ['kso scan image app:1 --only-fixed --fail-on high', 'exit status 1 if an update would help'],
        ['kso scan image app:1 --vex app.vex.json', 'without what is known not to matter'],
        ['kso scan image app:1 -f sarif -o app.sarif', 'for code scanning'],
        ['kso scan image app:1 -f cyclonedx -o app.cdx.json', 'an SBOM with its vulnerabilities'],
        ['docker save app:1 -o app.tar; kso scan image docker-archive:app.tar', 'before it is pushed'],
        ['kso scan image oci-dir:build/image --platform linux/arm64', 'an OCI image layout'],
        ['kso scan image dir:/mnt/root', 'files as they lie there'],
        ['kso scan image sbom:app.spdx.json', 'from an SBOM, without the image'],
      ]) + exitStatusHelp,
    )
    .action(async (image: string, options: ScanImageOptions) => {
      const { scanImage } = await import('../commands/scan-image.ts');
      onEnd(await scanImage(image, options, host));
    });
}

/** What to scan with. */
function withSelection(command: Command): Command {
  return command
    .addOption(
      new Option('--framework <names>', 'only the controls of these frameworks, e.g. nsa,mitre').argParser(listValue),
    )
    .addOption(new Option('--control <ids>', 'only these controls, e.g. C-0057').argParser(listValue));
}

/** Options of all posture scans. */
function withScanOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-f, --format <formats>',
        `how to print the result, one or several: ${scanFormats.join(', ')} (default: table)`,
      ).argParser(formatsValue),
    )
    .option('-o, --output <file>', 'write the result to a file; of several formats each to its own ending', textValue)
    .addOption(failOnOption())
    .addOption(new Option('--severity-threshold <severity>', 'the same as --fail-on').argParser(severityValue))
    .addOption(
      new Option('--compliance-threshold <percent>', 'exit with 1 if compliance is below').argParser(percentValue),
    )
    .addOption(
      new Option('--fail-coverage-below <percent>', 'exit with 1 if less could be looked at').argParser(percentValue),
    )
    .option('--exceptions <file>', 'accepted findings: a JSON or YAML list of exceptions', textValue)
    .option('--controls-config <file>', 'control inputs: a JSON or YAML map from names to lists', textValue)
    .option(
      '--custom-frameworks <file|folder>',
      'frameworks of your own, beside the built-in ones: JSON or YAML',
      textValue,
    )
    .option(
      '--use-artifacts-from <folder|url>',
      'controls and frameworks from artifacts of Kubescape; their rules in Rego need OPA',
      textValue,
    )
    .option(
      '--use-from <file>',
      'the same from one file with a framework or control; or one framework of your own, and nothing else',
      textValue,
    )
    .option('--custom-rules <folder>', 'a control for each .rego file of the folder', textValue)
    .addOption(
      new Option('--include-namespaces <names>', 'only these namespaces; cluster-wide objects stay').argParser(
        listValue,
      ),
    )
    .addOption(new Option('-e, --exclude-namespaces <names>', 'all namespaces but these').argParser(listValue))
    .addOption(new Option('--helm-values <files>', 'values files for Helm charts').argParser(listValue))
    .option('--context <name>', 'for cluster: context of the kubeconfig to use', textValue)
    .option('--kubeconfig <file>', 'for cluster: kubeconfig to use', textValue)
    .option('-v, --verbose', 'show every workload, and the controls that passed too');
}
