import { createHash } from 'node:crypto';
import type { ImageSubject } from '@kso/domain';
import { type BasePorts, describeError } from '@kso/kit';
import type { ExceptionMetrics } from '../metrics.ts';
import { createExceptionBook, type ExceptionBook, emptyBook } from './book.ts';
import type { AskEndpoint } from './endpoint.ts';
import { type ExceptionFiles, readExceptionFiles } from './files.ts';
import type { ClusterExceptionDocuments, ClusterExceptions, ExceptionDocument } from './sources.ts';
import { createWorkloadLabels } from './workload-labels.ts';

/** Keeps the exceptions up to date. */
export interface ExceptionWatch {
  /** Those known at present. */
  readonly book: ExceptionBook;
  start(): void;
  /**
   * Reads the labels of a workload where an exception asks about them. False when they are not known all the same: then what was accepted
   * before is not taken back.
   */
  prepare(subject: ImageSubject): Promise<boolean>;
  /** Resolves when all sources were read once, well or badly. */
  first(): Promise<void>;
  stop(): Promise<void>;
}

export interface ExceptionWatchOptions extends Pick<BasePorts, 'clock' | 'logger'> {
  readonly files: ExceptionFiles;
  readonly askEndpoint?: AskEndpoint | undefined;
  readonly cluster?: ClusterExceptions | undefined;
  /** Between two readings, in ms. */
  readonly everyMs: number;
  readonly metrics: ExceptionMetrics;
  /**
   * The exceptions in force are others than before, or were read for the first time. Not called while some source cannot be read at all:
   * what it has accepted is not taken back for that.
   */
  onChange(): void;
}

interface Sources {
  readonly documents: readonly ExceptionDocument[];
  readonly cluster?: ClusterExceptionDocuments;
  readonly clusterProblem?: string;
}

export function createExceptionWatch(options: ExceptionWatchOptions): ExceptionWatch {
  const { clock, logger, metrics } = options;
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  /** Ids of those that were counted. */
  const expired = new Set<string>();
  const labels = options.cluster === undefined ? undefined : createWorkloadLabels(options.cluster);
  /** Counts the times that labels were others than before. */
  let relabelled = 0;
  let book = emptyBook;
  let known: string | undefined;
  let clusterBefore: ClusterExceptionDocuments | undefined;
  let running: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    const sources = await readSources(options, clusterBefore, stopping.signal);
    if (await labels?.refresh(stopping.signal)) relabelled += 1;
    if (stopping.signal.aborted) return;
    clusterBefore = sources.cluster ?? clusterBefore;
    book = createExceptionBook({ ...sources, labels, now: clock.now() });
    metrics.looked({ active: book.exceptions.length, degraded: book.degraded !== undefined });
    for (const { id, source } of book.expired) {
      if (!expired.has(id)) metrics.expired(source);
      expired.add(id);
    }
    const state = stateOf(sources, book, relabelled);
    if (state === known) return;
    known = state;
    logger.info({ exceptions: book.exceptions.length, expired: book.expired.length }, 'exceptions of vulnerabilities');
    for (const { id, problem } of book.problems) logger.warn({ exception: id, problem }, 'an exception has no effect');
    if (book.degraded !== undefined) logger.warn({ problem: book.degraded }, 'some exceptions cannot be read');
    if (!isPartial(sources)) options.onChange();
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await look();
      } catch (error) {
        logger.error({ err: error }, 'exceptions could not be read');
      }
      first.resolve();
      await clock.sleep(options.everyMs, stopping.signal).catch(() => undefined);
    }
  };

  return {
    get book() {
      return book;
    },
    start: () => {
      running ??= run();
    },
    prepare: async (subject) => {
      // Kinds that Kubernetes itself does not have cannot be read by their name alone: no selector matches them.
      if (labels === undefined || subject.apiVersion === '' || !book.asksForLabels(subject)) return true;
      await labels.learn(subject, stopping.signal);
      return labels.of(subject) !== undefined;
    },
    first: () => first.promise,
    stop: async () => {
      stopping.abort();
      first.resolve();
      await running;
    },
  };
}

/** Some source is not known at all, not even an older state of it. */
function isPartial({ documents, cluster, clusterProblem }: Sources): boolean {
  const isClusterUnknown = clusterProblem !== undefined && cluster === undefined;
  return isClusterUnknown || documents.some(({ problem }) => problem !== undefined);
}

/** Objects of the cluster that cannot be read now are those that were read before: they have not been taken back. */
async function readSources(
  { files, askEndpoint, cluster }: ExceptionWatchOptions,
  before: ClusterExceptionDocuments | undefined,
  signal: AbortSignal,
): Promise<Sources> {
  const [fromFiles, fromEndpoint, fromCluster] = await Promise.all([
    readExceptionFiles(files),
    askEndpoint?.(signal),
    cluster?.read(signal).catch((error: unknown) => ({ problem: describeError(error) })),
  ]);
  const documents = fromEndpoint === undefined ? fromFiles : [fromEndpoint, ...fromFiles];
  if (fromCluster === undefined) return { documents };
  if (!('problem' in fromCluster)) return { documents, cluster: fromCluster };
  return { documents, clusterProblem: fromCluster.problem, ...(before === undefined ? {} : { cluster: before }) };
}

/** Equal when nothing has changed that findings are judged by. What fails differently each time is no change. */
function stateOf({ documents, cluster }: Sources, { expired, degraded }: ExceptionBook, relabelled: number): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(documents.map(({ origin, value }) => [origin, value])));
  hash.update(
    JSON.stringify([
      cluster?.objects,
      [...(cluster?.namespaceLabels ?? [])],
      expired.map(({ id }) => id),
      degraded !== undefined,
      relabelled,
    ]),
  );
  return hash.digest('hex');
}
