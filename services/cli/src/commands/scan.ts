import type { Severity } from '@kso/domain';
import { type ScanProgress, scanSourceOnce } from '@kso/kubescape-scanner';
import { controlViews, postureReportJson, postureView, renderTable, terminalOf } from '@kso/report';
import { fail } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { createProgress } from '../output/progress.ts';
import { writeResult } from '../output/writer.ts';
import { openSource } from '../target/open-source.ts';
import { clusterTarget, manifestsTarget, type Target } from '../target/target.ts';
import { reaches } from '../threshold.ts';

export interface ScanOptions {
  readonly format: 'table' | 'json';
  readonly framework?: readonly string[];
  readonly control?: readonly string[];
  readonly failOn?: Severity;
  readonly output?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
}

/** `kso scan [PATH…|cluster]`: one posture scan in this process; nothing is stored. */
export async function scan(paths: readonly string[], options: ScanOptions, host: CliHost): Promise<ExitCode> {
  const target = await targetOf(paths, options, host);
  const progress = createProgress(host.stderr, host.env);
  const { source, close } = await openSource(target);
  try {
    const report = await scanSourceOnce({
      source,
      clusterName: target.clusterName,
      frameworks: options.framework ?? [],
      controls: options.control ?? [],
      signal: host.signal,
      onProgress: (each) => progress.step(describe(each)),
    });
    progress.clear();
    const file = options.output;
    const terminal = file === undefined ? terminalOf(host.stdout, host.env) : { color: false };
    const table = (): string => {
      const view = { target: { name: target.name, type: target.kind }, posture: postureView(report) };
      return renderTable(view, { terminal, now: host.now() });
    };
    await writeResult(host, file, options.format === 'json' ? postureReportJson(report) : table());
    const met = controlViews(report).some((control) => control.failed > 0 && reaches(control.severity, options.failOn));
    return met ? exitCodes.thresholdMet : exitCodes.ok;
  } finally {
    progress.clear();
    await close();
  }
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
    return manifestsTarget(paths.length === 0 ? ['.'] : paths, host);
  }
  const { requireCluster } = await import('../target/cluster.ts');
  return clusterTarget(await requireCluster(options, host));
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
