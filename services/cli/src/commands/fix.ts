import { meetsThreshold, parseSeverity, type Severity } from '@kso/domain';
import { scanSourceOnce } from '@kso/kubescape-scanner';
import type { LazyPostureReport } from '@kso/report';
import { fail } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { collectFixes } from '../fix/collect.ts';
import { type FileOutcome, fixFiles } from '../fix/fix-files.ts';
import { fixSummary } from '../fix/summary.ts';
import type { CliHost } from '../host.ts';
import { createProgress } from '../output/progress.ts';
import { write } from '../output/writer.ts';
import { checkSelection } from '../scan/selection.ts';
import { openSource } from '../target/open-source.ts';
import { manifestsTarget } from '../target/target.ts';

export interface FixOptions {
  readonly dryRun?: boolean;
  readonly control?: readonly string[];
  readonly framework?: readonly string[];
  readonly severity?: Severity;
  readonly verbose?: boolean;
}

/** `kso fix [PATH…]`: scans, sets what can be set, and tells what is left to do. */
export async function fix(paths: readonly string[], options: FixOptions, host: CliHost): Promise<ExitCode> {
  checkSelection(options);
  for (const path of paths)
    if (path === '-' || path === 'cluster')
      throw fail('BAD_VALUE', { option: path, problem: 'only files can be fixed' });
  const target = manifestsTarget(paths.length === 0 ? ['.'] : paths, host);
  const progress = createProgress(host.stderr, host.env);
  const { source, close } = await openSource(target, host);
  try {
    progress.step('scanning');
    const report = await scanSourceOnce({
      source,
      clusterName: target.clusterName,
      frameworks: options.framework ?? [],
      controls: options.control ?? [],
      signal: host.signal,
    });
    const tasks = tasksOf(report, options);
    progress.step('fixing');
    const outcomes = await fixFiles(tasks.fixes, { dryRun: options.dryRun === true, host });
    progress.clear();
    await write(host.stdout, outcomes.map(({ diff }) => (options.dryRun === true ? diff : '')).join(''));
    // A diff is for programs too: what is said about it goes beside it.
    const summary = fixSummary(outcomes, tasks.byHand, {
      dryRun: options.dryRun === true,
      verbose: options.verbose === true,
    });
    await write(options.dryRun === true ? host.stderr : host.stdout, summary);
    return outcomes.some(isUnwritten) ? exitCodes.failed : exitCodes.ok;
  } finally {
    progress.clear();
    await close();
  }
}

function tasksOf(report: LazyPostureReport, { severity }: FixOptions): ReturnType<typeof collectFixes> {
  return collectFixes(report, (text) => severity === undefined || isAsBad(text, severity));
}

function isAsBad(text: string | undefined, severity: Severity): boolean {
  return meetsThreshold(parseSeverity(text ?? '') ?? 'Unknown', severity);
}

function isUnwritten({ problem }: FileOutcome): boolean {
  return problem !== undefined;
}
