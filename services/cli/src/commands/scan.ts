import type { Severity } from '@kso/domain';
import { type ScanProgress, scanSourceOnce, type WorkloadName } from '@kso/kubescape-scanner';
import type { PostureReport } from '@kso/wire';
import { fail } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type CliHost, userPath } from '../host.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import { type ScanFormat, scanOutputs } from '../scan/outputs.ts';
import { openPolicies, type PolicyOptions } from '../scan/policies.ts';
import { checkSelection } from '../scan/selection.ts';
import { metThresholds, type Thresholds } from '../scan/thresholds.ts';
import { writeOutputs } from '../scan/write-outputs.ts';
import { openSource } from '../target/open-source.ts';
import { clusterTarget, manifestsTarget, type Target } from '../target/target.ts';

export interface ScanOptions extends Thresholds, PolicyOptions {
  readonly format?: readonly ScanFormat[];
  readonly control?: readonly string[];
  readonly output?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  /** The existing product's name for `failOn`. */
  readonly severityThreshold?: Severity;
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
  const { policy, policies, catalogue, frameworks } = await openPolicies(options, host);
  checkSelection({ ...options, framework: frameworks }, catalogue);
  const target = await targetOf(paths, options, host);
  const progress = createProgress(host.stderr, host.env);
  const { source, close } = await openSource(target, host);
  try {
    const report = await scanSourceOnce({
      source,
      clusterName: target.clusterName,
      frameworks,
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
    await writeOutputs(report, outputs, { target, catalogue, verbose: options.verbose === true }, host);
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

/** An exception that covers nothing is most likely a typing error, or a leftover; those of a release are for all sorts of clusters. */
function noteWithoutEffect({ exceptionAudit }: Pick<PostureReport, 'exceptionAudit'>, progress: Progress): void {
  const idle = (exceptionAudit?.exceptions ?? []).filter(
    ({ status, source }) => status !== 'applied' && source !== 'release',
  );
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
