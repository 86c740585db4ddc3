import type { Severity } from '@kso/domain';
import type { PosturePolicy } from '@kso/engines';
import { type RegoSources, type ScanProgress, scanSourceOnce, type WorkloadName } from '@kso/kubescape-scanner';
import type { PostureReport } from '@kso/wire';
import { fail } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type CliHost, userPath } from '../host.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import { type ScanFormat, scanOutputs } from '../scan/outputs.ts';
import { checkSelection } from '../scan/selection.ts';
import { metThresholds, type Thresholds } from '../scan/thresholds.ts';
import { writeOutputs } from '../scan/write-outputs.ts';
import { openSource } from '../target/open-source.ts';
import { clusterTarget, manifestsTarget, type Target } from '../target/target.ts';

export interface ScanOptions extends Thresholds {
  readonly format?: readonly ScanFormat[];
  readonly framework?: readonly string[];
  readonly control?: readonly string[];
  readonly output?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  /** The existing product's name for `failOn`. */
  readonly severityThreshold?: Severity;
  readonly controlsConfig?: string;
  readonly exceptions?: string;
  /** Folder or URL with policies of the existing product. */
  readonly useArtifactsFrom?: string;
  /** One file with a framework or a control of it. */
  readonly useFrom?: string;
  /** Folder with rules in Rego. */
  readonly customRules?: string;
  readonly includeNamespaces?: readonly string[];
  readonly excludeNamespaces?: readonly string[];
  readonly helmValues?: readonly string[];
  readonly verbose?: boolean;
  /** Only this object. */
  readonly workload?: WorkloadName;
}

/** `kso scan [PATH…|cluster|-]`: one posture scan in this process; nothing is stored. */
export async function scan(paths: readonly string[], options: ScanOptions, host: CliHost): Promise<ExitCode> {
  const outputs = scanOutputs(options.format ?? ['table'], options.output, host);
  // What artifacts hold is known when they are read.
  const policies = regoSources(options, host);
  if (policies.artifacts === undefined) checkSelection(options);
  const policy = await policyOf(options, host);
  const target = await targetOf(paths, options, host);
  const progress = createProgress(host.stderr, host.env);
  const { source, close } = await openSource(target, host);
  try {
    const report = await scanSourceOnce({
      source,
      clusterName: target.clusterName,
      frameworks: options.framework ?? [],
      controls: options.control ?? [],
      includeNamespaces: options.includeNamespaces ?? [],
      excludedNamespaces: options.excludeNamespaces ?? [],
      ...(options.workload === undefined ? {} : { workload: options.workload }),
      ...(policy === undefined ? {} : { policy }),
      policies,
      signal: host.signal,
      onProgress: (each) => progress.step(describe(each)),
    });
    progress.clear();
    await writeOutputs(report, outputs, { target, verbose: options.verbose === true }, host);
    for (const { file } of outputs)
      if (file !== undefined && host.stderr.isTTY === true) progress.note(`written: ${file}`);
    noteWithoutEffect(report, progress);
    const met = metThresholds(report, thresholdsOf(options));
    for (const reason of met) progress.note(`threshold: ${reason}`);
    return met.length > 0 ? exitCodes.thresholdMet : exitCodes.ok;
  } finally {
    progress.clear();
    await close();
  }
}

/** An exception that covers nothing is most likely a typing error, or a leftover. */
function noteWithoutEffect({ exceptionAudit }: Pick<PostureReport, 'exceptionAudit'>, progress: Progress): void {
  const idle = (exceptionAudit?.exceptions ?? []).filter(({ status }) => status !== 'applied');
  for (const { id, problem } of idle.slice(0, maxNoted)) {
    progress.note(`exception without effect: ${id}${problem === undefined ? '' : `: ${problem}`}`);
  }
  if (idle.length > maxNoted) progress.note(`… and ${idle.length - maxNoted} more exceptions without effect`);
}

const maxNoted = 20;

function thresholdsOf({ failOn, severityThreshold, ...others }: ScanOptions): Thresholds {
  if (failOn !== undefined && severityThreshold !== undefined)
    throw fail('CONFLICTING_OPTIONS', { a: '--fail-on', b: '--severity-threshold' });
  const severity = failOn ?? severityThreshold;
  return { ...others, ...(severity === undefined ? {} : { failOn: severity }) };
}

function regoSources({ useArtifactsFrom, useFrom, customRules }: ScanOptions, host: CliHost): RegoSources {
  if (useArtifactsFrom !== undefined && useFrom !== undefined)
    throw fail('CONFLICTING_OPTIONS', { a: '--use-artifacts-from', b: '--use-from' });
  const from = useArtifactsFrom ?? useFrom;
  return {
    artifacts: from === undefined || /^https?:/i.test(from) ? from : userPath(host, from),
    customRules: customRules === undefined ? undefined : userPath(host, customRules),
  };
}

/** Undefined when no file says anything. */
async function policyOf(options: ScanOptions, host: CliHost): Promise<PosturePolicy | undefined> {
  const { controlsConfig, exceptions } = options;
  if (controlsConfig === undefined && exceptions === undefined) return undefined;
  const { readPolicyFiles, unknownInputs } = await import('../scan/policy-files.ts');
  const policy = await readPolicyFiles(options, host);
  const unknown = unknownInputs(policy);
  if (unknown.length > 0) host.stderr.write(`no built-in control has an input ${unknown.join(', ')}\n`);
  return policy;
}

async function targetOf(paths: readonly string[], options: ScanOptions, host: CliHost): Promise<Target> {
  const isCluster = paths.length === 1 && paths[0] === 'cluster';
  if (!isCluster) {
    if (paths.includes('cluster'))
      throw fail('BAD_VALUE', { option: 'cluster', problem: 'cannot be mixed with paths; ./cluster is a folder' });
    const option = options.context === undefined ? '--kubeconfig' : '--context';
    if (options.context !== undefined || options.kubeconfig !== undefined) {
      throw fail('BAD_VALUE', { option, problem: 'only for kso scan cluster' });
    }
    return manifestsOf(paths, options, host);
  }
  if (options.helmValues !== undefined)
    throw fail('BAD_VALUE', { option: '--helm-values', problem: 'only for folders with Helm charts' });
  const { requireCluster } = await import('../target/cluster.ts');
  return clusterTarget(await requireCluster(options, host));
}

/** Folders and files, and standard input for `-`. */
async function manifestsOf(paths: readonly string[], { helmValues = [] }: ScanOptions, host: CliHost): Promise<Target> {
  const written = paths.length === 0 ? ['.'] : paths;
  const target = manifestsTarget(
    written.filter((path) => path !== '-'),
    host,
  );
  if (target.kind === 'cluster') return target;
  const renders = { helmValues: helmValues.map((file) => userPath(host, file)) };
  if (!written.includes('-')) return { ...target, renders };
  const { readStdin } = await import('../target/stdin.ts');
  const name = written.map((path) => (path === '-' ? 'standard input' : path)).join(' ');
  return { ...target, name, renders, texts: [await readStdin(host)] };
}

function describe(progress: ScanProgress): string {
  switch (progress.phase) {
    case 'reading':
      return `reading: ${progress.objects} objects, ${progress.kindsRead} of ${progress.kinds} kinds`;
    case 'evaluating':
      return `evaluating: ${progress.evaluated} of ${progress.total}`;
    default:
      return `reporting: ${progress.resources} resources`;
  }
}
