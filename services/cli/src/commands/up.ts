import type { Worker } from 'node:worker_threads';
import type { Severity } from '@kso/domain';
import { createLogger, createMetrics, registerProcessMetrics, startTracing, systemClock } from '@kso/kit';
import { renderTable, type ScanView, terminalOf } from '@kso/report';
import { createSuite, type Suite, type SuiteEvent } from '@kso/suite';
import { fail } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import { write } from '../output/writer.ts';
import { requireObjects } from '../target/manifest-folder.ts';
import { chooseTarget, type Target } from '../target/target.ts';
import { reaches } from '../threshold.ts';
import { changeLines, type FailedControls, failedIn } from '../up/changes.ts';
import { buildEngines, type EnginePlan, explainEngines, planEngines } from '../up/engines.ts';
import { openLog } from '../up/log.ts';
import { severitiesFound, viewOf } from '../up/results.ts';
import { watchForStuck } from '../up/stuck.ts';
import { dataFolder, type SuiteOptions, suiteConfigOf } from '../up/suite-config.ts';

export interface UpOptions extends SuiteOptions {
  readonly manifests?: string;
  readonly once?: boolean;
  readonly failOn?: Severity;
  readonly engines: boolean;
  readonly verbose?: boolean;
}

/** `kso up`: the whole suite in this process. It shows the first full scan, then every change, until it is stopped. */
export async function up(options: UpOptions, host: CliHost, scannerThread: Worker): Promise<ExitCode> {
  if (options.failOn !== undefined && options.once !== true) {
    throw fail('BAD_VALUE', { option: '--fail-on', problem: 'only with --once: without it the suite keeps running' });
  }
  const progress = createProgress(host.stderr, host.env);
  progress.step('looking for a cluster');
  const [target, plan] = await Promise.all([chooseTarget(options, host, progress.note), planEngines(options, host)]);
  // An empty folder is said before anything is started.
  if (target.kind !== 'cluster') await requireObjects(target.paths, host.signal);
  const log = openLog(dataFolder(options, host), options.verbose === true, host);
  const env = { ...host.env };
  const loggerFor = (service: string) => createLogger({ service, env, destination: log.stream });
  const logger = loggerFor('suite');
  const tracer = await startTracing({ service: 'suite', env, logger });
  const metrics = createMetrics();
  registerProcessMetrics(metrics);
  const config = suiteConfigOf(options, target, plan.type === 'build', host);
  const suite = createSuite(config, { logger, loggerFor, metrics, tracer, clock: systemClock, env, scannerThread });
  try {
    progress.step('starting');
    await suite.start({ scan: true });
    return await run({ options, host, progress, target, suite, plan, log: log.name });
  } finally {
    progress.step('stopping');
    await suite.stop();
    await tracer.shutdown();
    await log.close();
    progress.clear();
  }
}

interface Run {
  readonly options: UpOptions;
  readonly host: CliHost;
  readonly progress: Progress;
  readonly target: Target;
  readonly suite: Suite;
  readonly plan: EnginePlan;
  readonly log: string;
}

async function run(context: Run): Promise<ExitCode> {
  const { host, options, progress, suite } = context;
  const watch = watchForStuck({
    stuck: suite.stuck,
    progress,
    giveUpAfterMs: options.once === true ? stuckMs : undefined,
  });
  try {
    return await scanAndWatch(context, AbortSignal.any([host.signal, watch.signal]));
  } finally {
    watch.stop();
  }
}

/** Somebody who waits for an end of it is told that there will be none. */
const stuckMs = 15_000;

async function scanAndWatch(context: Run, signal: AbortSignal): Promise<ExitCode> {
  const { options, host, progress, suite, plan, log } = context;
  const known: FailedControls = new Map();
  let watching = false;
  suite.onEvent((event) => {
    showEvent(event, progress, watching ? known : undefined);
  });
  const { endpoint, operator } = suite.urls();
  progress.note(`Page: ${endpoint}   Commands: ${operator}   Log: ${log}`);
  explainEngines(plan, progress);

  progress.step('scanning the configuration');
  const end = await suite.scanPosture(signal);
  if (!end.ok) throw fail('SCAN_FAILED', { reason: end.failure.message });
  const posture = (await suite.snapshot()).posture;
  for (const [id, failed] of failedIn(posture?.results ?? [])) known.set(id, failed);
  await show(context, { images: false });
  watching = true;
  progress.step('starting the scans of images');
  await suite.complete();

  const build = plan.type === 'build' ? buildThenScan(plan.missing, context) : undefined;
  progress.step('scanning images');
  await suite.imagesScanned(signal);
  await build;
  const view = await show(context, { images: true });
  if (options.once !== true) {
    progress.note('Watching for changes; Ctrl-C ends.');
    await aborted(host.signal);
    return exitCodes.interrupted;
  }
  progress.step('delivering reports');
  await suite.delivered(AbortSignal.any([signal, AbortSignal.timeout(deliveryMs)])).catch(() => {
    host.signal.throwIfAborted();
    progress.note('Some reports are not at the CloudEndpoint yet: they are kept and go out at the next start.');
  });
  return severitiesFound(view).some((severity) => reaches(severity, options.failOn))
    ? exitCodes.thresholdMet
    : exitCodes.ok;
}

/** Scans that waited go on, with the engines or with the reason why there are none. */
async function buildThenScan(missing: readonly string[], { host, progress, suite }: Run): Promise<void> {
  await buildEngines(missing, host, progress);
  if (!host.signal.aborted) await suite.enginesArrived();
}

/** To our own endpoint on this machine; what is left goes out at the next start. */
const deliveryMs = 10_000;

/** First the configuration, as soon as it is known; then the images and the summary of both. */
async function show({ host, progress, target, suite }: Run, part: { readonly images: boolean }): Promise<ScanView> {
  const view = viewOf(target, await suite.snapshot());
  const shown: ScanView =
    part.images || view.posture === undefined ? view : { target: view.target, posture: view.posture };
  const terminal = terminalOf(host.stdout, host.env);
  progress.clear();
  await write(
    host.stdout,
    renderTable(shown, {
      terminal,
      now: host.now(),
      parts: part.images ? { title: false, posture: false } : { summary: false },
    }),
  );
  return view;
}

function showEvent(event: SuiteEvent, progress: Progress, known: FailedControls | undefined): void {
  if (event.type === 'images') {
    const { ended, waiting, running } = event.progress;
    if (waiting + running > 0) progress.step(`scanning images: ${ended} done, ${running} running, ${waiting} waiting`);
    return;
  }
  const { event: posture } = event;
  if (posture.type === 'state') {
    if (posture.state.phase === 'reading') progress.step(`reading: ${posture.state.objects} objects`);
    return;
  }
  if (posture.type !== 'change' || known === undefined) return;
  for (const line of changeLines(posture.changed, posture.removed, known)) progress.note(line);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
