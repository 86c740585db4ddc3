import type { PostureScanRequest, PostureScanResult, ResourceResult } from '@kso/wire';
import type { ScannerErrorCode } from '../errors.ts';
import type { PostureFigures } from '../metrics/posture-figures.ts';
import type { WatchSample } from '../metrics/thread-watches.ts';
import type { PolicyDocuments } from '../policy/policy-documents.ts';
import type { ServiceRego } from '../policy/rego-of-service.ts';
import type { NamespaceChoice } from '../scan/namespaces.ts';
import type { ScanProgress } from '../scan/progress.ts';
import type { ReportPart } from '../scan/report-parts.ts';
import type { SourceConfig } from '../scan/source-config.ts';

/** What the thread is started with. Everything here and below is plain data. */
export interface WorkerSettings {
  readonly policy: PolicyDocuments;
  readonly rego: ServiceRego;
  readonly source: SourceConfig;
  readonly clusterName: string;
  /** Count the SecurityException objects of the source. */
  readonly securityExceptions: boolean;
  /** Count the ControlInput object of the source. */
  readonly controlInputObject: boolean;
  /** Where results of image scans are read; undefined: nowhere. */
  readonly kubevulnUrl: string | undefined;
  readonly customerGuid: string | undefined;
  /** What reports of everything and of changes are about. */
  readonly namespaces: NamespaceChoice;
  /** Folder for the reports of `GET /v1/results`. */
  readonly resultsDir: string;
  /** Bytes of one part of a report on the wire. */
  readonly partBytes: number;
  /** Evaluate changes as they come; otherwise only when a scan asks. */
  readonly continuous: boolean;
  /** How long changes are collected before they are evaluated, in ms. */
  readonly settleMs: number;
  /** How long to wait after the store has refused results, in ms. */
  readonly retryMs: number;
  /** Results that are stored already: resource id → idempotency key. */
  readonly known: ReadonlyMap<string, string>;
}

export interface ScanOrder {
  readonly scanId: string;
  readonly jobId: string | undefined;
  readonly request: PostureScanRequest;
  /** The report for a CloudEndpoint; absent when nothing is to be sent. */
  readonly submit?: { readonly reportGuid: string };
}

/** What a scan tells on its way. */
export interface ScanHooks {
  onProgress(progress: ScanProgress): void;
  /** Takes one part of the report for the CloudEndpoint; the next is made when it was taken. A part that is refused fails the scan. */
  takePart(part: ReportPart): Promise<void>;
}

export type ToWorker =
  /** The first message. */
  | { readonly type: 'start'; readonly settings: WorkerSettings }
  | { readonly type: 'scan'; readonly id: number; readonly order: ScanOrder }
  | { readonly type: 'cancel'; readonly id: number }
  /** Answer to `changes`: whether the batch was stored. What was not comes again. */
  | { readonly type: 'stored'; readonly batch: number; readonly ok: boolean }
  /** Answer to `part`. A part that was not taken fails the scan with `problem`. */
  | { readonly type: 'partTaken'; readonly id: number; readonly problem?: string }
  | { readonly type: 'policy'; readonly policy: PolicyDocuments }
  | { readonly type: 'rego'; readonly rego: ServiceRego }
  | { readonly type: 'figures'; readonly id: number }
  | { readonly type: 'watches'; readonly id: number }
  | { readonly type: 'stop' };

export type FromWorker =
  | { readonly type: 'state'; readonly state: WorkerState }
  | { readonly type: 'progress'; readonly id: number; readonly progress: ScanProgress }
  | { readonly type: 'part'; readonly id: number; readonly part: ReportPart }
  | { readonly type: 'scanned'; readonly id: number; readonly outcome: ScanOutcome }
  | { readonly type: 'refused'; readonly id: number; readonly error: ScanError }
  | { readonly type: 'changes'; readonly batch: number; readonly changes: ChangeBatch }
  | { readonly type: 'figures'; readonly id: number; readonly figures: PostureFigures | undefined }
  | { readonly type: 'watches'; readonly id: number; readonly samples: readonly WatchSample[] }
  /** A line of the thread's log, JSON. */
  | { readonly type: 'log'; readonly line: string };

export interface WorkerState {
  readonly phase: 'reading' | 'watching' | 'failed';
  /** Why it failed, for people. */
  readonly reason?: string;
  readonly objects: number;
  readonly evaluationSeconds: number;
  /** Failed pairs of resource and control by severity, as of the last evaluation. */
  readonly findings: Readonly<Record<string, number>>;
}

export interface ScanOutcome {
  readonly result: PostureScanResult;
  readonly evaluationSeconds: number;
}

/** Only what crosses a thread: the class of an error does not. */
export interface ScanError {
  readonly code: ScannerErrorCode;
  readonly context: Readonly<Record<string, string | number | readonly string[]>>;
  /** Where it happened, for what was not foreseen. */
  readonly stack?: string;
}

/** Results to be stored with the report about them, all or nothing. */
export interface ChangeBatch {
  readonly changed: readonly ResourceResult[];
  readonly removed: readonly string[];
  readonly reportGuid: string;
  readonly parts: readonly ReportPart[];
}
