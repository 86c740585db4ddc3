import type { OutboxEntry, Store } from '@kso/store';
import {
  containerScanPath,
  type ImageFinding,
  type ImageMatches,
  ImageScanJob,
  type ImageScanRecord,
  type ImageScanResult,
  imageAnswerKey,
  imageScanRecordKey,
  imageScanRecordKind,
  type JsonObject,
  type JsonValue,
  scanFailurePath,
} from '@kso/wire';
import { type AppliedExceptions, type ExceptionBook, emptyBook, isSuppressed } from '../exceptions/book.ts';
import { exceptionSubject } from '../exceptions/subject.ts';
import type { ExceptionWatch } from '../exceptions/watch.ts';
import type { RelevancyStore } from '../relevancy/relevancy-store.ts';
import { packageKey } from '../relevancy/relevant-packages.ts';
import { containerScanReport } from '../report/container-scan-report.ts';
import { scanFailureReport } from '../report/scan-failure.ts';
import { containersScanId, reportSubject } from '../report/workload.ts';
import type { NotEvaluated } from '../scanning/outcome.ts';
import { isChanged } from '../summary/findings-change.ts';
import { reportSteps } from './registry-steps.ts';
import { entry, hash, type ScanJob } from './report-entry.ts';

export type { ScanJob } from './report-entry.ts';

type Evaluated = Extract<ImageScanRecord, { state: 'evaluated' }>;

/**
 * Writes what came of a scan: the newest answer for the workload and, in the same transaction, the report of it. An answer that is
 * already there is neither stored nor reported again, so a job that ran twice (a crash in between) reports once.
 */
export interface Recorder {
  /** The scan of an image of a registry has begun: its backend follows it. */
  started(job: ScanJob): void;
  /**
   * Reads what exceptions ask about the job's workload; to be awaited before its result is written. False when that is not known all the
   * same.
   */
  prepare(job: unknown): Promise<boolean>;
  evaluated(job: ScanJob, matches: ImageMatches): ImageScanResult;
  notEvaluated(job: ScanJob, outcome: NotEvaluated): ImageScanResult;
  /**
   * Writes what another database, or another version of the matcher, says of an image that was evaluated before, and reports it when it
   * says something else. False when the record is too old to know its job.
   */
  rematched(record: Evaluated, matches: ImageMatches): boolean;
  /**
   * Writes what other exceptions make of the same findings, and reports it when that is something else. Answers the ids of the exceptions
   * that cover something.
   */
  reconsidered(record: Evaluated, matches: ImageMatches): readonly string[];
}

export interface RecorderOptions {
  readonly store: Store;
  readonly account: string;
  /** Without a CloudEndpoint results are kept and nothing is queued for one. */
  readonly reporting: boolean;
  readonly now: () => number;
  /** Those known now; default: none. */
  readonly exceptions?: () => ExceptionBook;
  /** See `ExceptionWatch`. */
  readonly prepareExceptions?: ExceptionWatch['prepare'];
  /** Told how many findings of a new answer are covered by exceptions of a source. */
  readonly onExcepted?: (source: string, findings: number) => void;
  /** Which packages of its image a container uses, where that is known. */
  readonly relevancy?: Pick<RelevancyStore, 'find'>;
  /** See `ReportInput`. */
  readonly chunkBytes?: number;
  /** Called after a report was queued. */
  readonly onReport: () => void;
}

export function createRecorder(options: RecorderOptions): Recorder {
  return {
    started: (job) => {
      if (options.reporting) reportSteps(options, job, 'started', [{ step: 'started' }]);
    },
    prepare: async (job) => {
      const payload = ImageScanJob.safeParse(job).data;
      if (payload === undefined || options.prepareExceptions === undefined) return true;
      const subject = reportSubject({ job: payload, account: options.account, sbomVersion: '' });
      return options.prepareExceptions(exceptionSubject(subject, payload.imageTag, ''));
    },
    evaluated: (job, matches) => {
      const { result } = writeEvaluated(options, job, matches);
      if (options.reporting) reportSteps(options, job, 'ended', [{ step: 'success' }, { step: 'done' }]);
      return result;
    },
    notEvaluated: (job, outcome) => {
      const result = recordNotEvaluated(options, job, outcome);
      if (options.reporting) reportSteps(options, job, 'ended', [{ step: 'failed', error: outcome.detail }]);
      return result;
    },
    rematched: (record, matches) => {
      const payload = ImageScanJob.safeParse(record.job).data;
      if (payload === undefined) return false;
      const isNews = matches.change === undefined || isChanged(matches.change);
      writeEvaluated(options, { payload, jobId: record.jobId }, matches, isNews ? undefined : record);
      return true;
    },
    reconsidered: ({ job, jobId }, matches) => {
      const payload = ImageScanJob.safeParse(job).data;
      if (payload === undefined) return [];
      const { exceptions } = writeEvaluated(options, { payload, jobId }, matches);
      return [...new Set([...exceptions.values()].flat().map(({ id }) => id))];
    },
  };
}

interface Written {
  readonly result: ImageScanResult;
  readonly exceptions: AppliedExceptions;
}

/** @param same an earlier result with the same findings: it is reported anew only when other exceptions cover them */
function writeEvaluated(options: RecorderOptions, job: ScanJob, matches: ImageMatches, same?: Evaluated): Written {
  const { payload } = job;
  const at = options.now();
  const { engines, database } = matches;
  const subject = reportSubject({
    job: payload,
    account: options.account,
    sbomVersion: engines.sbom,
    digest: matches.digest,
  });
  const containersScanID = containersScanId(payload, subject, engines);
  const { digest: databaseDigest, ...databaseInfo } = database;
  const book = options.exceptions?.() ?? emptyBook;
  const exceptions = book.apply(exceptionSubject(subject, payload.imageTag, matches.digest), matches.findings);
  const relevant = options.relevancy?.find(payload, matches);
  const isRelevant = (finding: ImageFinding): boolean => relevant?.has(packageKey(finding.package)) === true;
  const counted = matches.findings.filter((finding) => !isSuppressed(exceptions, finding));
  const answer = hash([
    containersScanID,
    payload.wlid,
    payload.containerName,
    matches.digest,
    databaseDigest,
    ...exceptionState(exceptions),
    ...(relevant === undefined ? [] : ['relevancy', ...matches.findings.filter(isRelevant).map(findingKey).sort()]),
  ]);
  const bySeverity = countBySeverity(counted);
  const suppressed = suppressedOf(exceptions);
  const isKnown = same !== undefined && JSON.stringify(same.suppressed ?? []) === JSON.stringify(suppressed);
  const record = (sequence: number): ImageScanRecord => ({
    ...identityOf(job, at, sequence),
    state: 'evaluated',
    digest: matches.digest,
    platform: matches.platform,
    containersScanID,
    packages: matches.packages,
    findings: counted.length,
    ...(suppressed.length === 0 ? {} : { suppressed }),
    bySeverity,
    ...(relevant === undefined ? {} : { relevant: countBySeverity(counted.filter(isRelevant)) }),
    fixable: counted.filter(({ fixKnown }) => fixKnown).length,
    alerts: matches.alerts,
    database: databaseInfo,
    answer: imageAnswerKey(matches),
    job: withoutLogins(payload),
  });
  const report = (key: string): OutboxEntry[] => {
    const ageSeconds = Math.max(0, Math.floor((at - Date.parse(database.built)) / 1000));
    const chunks = containerScanReport({
      subject,
      containersScanID,
      timestamp: Math.floor(at / 1000),
      jobIds: [...payload.sessionJobIds, job.jobId].filter((id, index, all) => id !== '' && all.indexOf(id) === index),
      matches,
      database: { ...databaseInfo, ageSeconds },
      exceptions,
      relevant,
      exceptionsDegraded: book.degraded,
      ...(options.chunkBytes === undefined ? {} : { chunkBytes: options.chunkBytes }),
    });
    return chunks.map((body, chunk) =>
      entry(job, { path: containerScanPath, key: `${key}/${chunk}`, group: key, body }),
    );
  };
  // The scan's id is in the hash and not beside it: a sender chooses it, and the key has to fit into a header.
  const isNew = save({ ...options, reporting: options.reporting && !isKnown }, job, {
    answer,
    at,
    record,
    report: (sequence) => report(`containerScan/${answer}/${sequence}`),
  });
  if (isNew) countExcepted(options, exceptions);
  const result = { image: subject.imageHash, findings: counted.length, bySeverity, packages: matches.packages };
  return { result, exceptions };
}

function recordNotEvaluated(options: RecorderOptions, job: ScanJob, outcome: NotEvaluated): ImageScanResult {
  const { payload } = job;
  const at = options.now();
  const { reason, detail } = outcome;
  // Each command is told of its failure; the same job running again is not a second one. A platform that cannot be scanned is
  // no failure of anybody: it is said once for an image (B25).
  const asker = reason === 'platformNotSupported' ? '' : job.jobId;
  const answer = hash(['notEvaluated', reason, detail, payload.imageTag, payload.imageHash, asker]);
  const record = (sequence: number): ImageScanRecord => ({
    ...identityOf(job, at, sequence),
    state: 'notEvaluated',
    reason,
    detail,
    job: JSON.parse(JSON.stringify(payload)) as JsonObject,
  });
  const report = (sequence: number): OutboxEntry[] => {
    const subject = reportSubject({ job: payload, account: options.account, sbomVersion: '' });
    const body = JSON.stringify(scanFailureReport({ subject, jobId: job.jobId, reason, detail, at }));
    const key = `scanFailure/${hash([payload.wlid, payload.containerName])}/${answer}/${sequence}`;
    return [entry(job, { path: scanFailurePath, key, group: key, body })];
  };
  save(options, job, { answer, at, record, report });
  return { image: payload.imageTag, findings: 0, bySeverity: {}, packages: 0, notEvaluated: { reason, detail } };
}

interface Answer {
  /** Equal for equal answers. */
  readonly answer: string;
  readonly at: number;
  readonly record: (sequence: number) => ImageScanRecord;
  readonly report: (sequence: number) => OutboxEntry[];
}

function countExcepted({ onExcepted }: RecorderOptions, exceptions: AppliedExceptions): void {
  const sources = Map.groupBy([...exceptions.values()].flat(), ({ source }) => source);
  for (const [source, applied] of sources) onExcepted?.(source, applied.length);
}

/** False for an answer that is already there. */
function save(options: RecorderOptions, job: ScanJob, { answer, at, record, report }: Answer): boolean {
  const { store, reporting } = options;
  const key = imageScanRecordKey(job.payload);
  const isNew = store.transaction(() => {
    const previous = store.results.get(imageScanRecordKind, key);
    // A result that comes back after a failure is news, although it was reported before.
    const sequence = sequenceOf(previous?.body) + 1;
    const body = record(sequence) as unknown as JsonValue;
    const isOther = store.results.put({ kind: imageScanRecordKind, key, idempotencyKey: answer, body, storedAt: at });
    if (isOther && reporting) store.outbox.put(report(sequence));
    return isOther;
  });
  if (isNew && reporting) options.onReport();
  return isNew;
}

/** What a later report of the same image needs. */
function withoutLogins(job: ScanJob['payload']): JsonObject {
  return JSON.parse(JSON.stringify({ ...job, sealedCredentials: undefined, profile: undefined })) as JsonObject;
}

function identityOf({ payload, jobId }: ScanJob, scannedAt: number, sequence: number) {
  const { imageTag, wlid, containerName } = payload;
  return { image: imageTag, wlid, containerName, jobId, scannedAt, sequence };
}

function sequenceOf(body: JsonValue | undefined): number {
  const sequence = typeof body === 'object' && body !== null && !Array.isArray(body) ? body['sequence'] : undefined;
  return typeof sequence === 'number' ? sequence : 0;
}

function findingKey({ id, package: item }: ImageFinding): string {
  return JSON.stringify([id, item.name, item.version, item.type]);
}

/** Equal for equal exceptions of equal findings; nothing without any. */
function exceptionState(exceptions: AppliedExceptions): string[] {
  if (exceptions.size === 0) return [];
  const states = [...exceptions].flatMap(([{ id, package: item }, applied]) =>
    applied.map((exception) => JSON.stringify([id, item.purl, item.name, item.version, exception.policy])),
  );
  return [hash(states.sort())];
}

function suppressedOf(exceptions: AppliedExceptions) {
  return [...exceptions].flatMap(([{ id, package: item }, applied]) => {
    const exception = applied.find(({ isSuppressing }) => isSuppressing);
    if (exception === undefined) return [];
    const { name, version } = item;
    return [{ id, package: name, version, exception: exception.id, reason: exception.reason }];
  });
}

function countBySeverity(findings: readonly ImageFinding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { severity } of findings) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}
