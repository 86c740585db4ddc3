import type { PostureReport, ReportResource, ReportResult } from '@kso/wire';
import type { PostureReportHead } from '../posture-v2.ts';

/** A posture report whose lists are read once, one after the other, and need not be in memory. */
export interface ReadableReport extends PostureReportHead {
  readonly resources: Iterable<ReportResource>;
  readonly results: Iterable<ReportResult>;
}

/** What the formats need to know besides the report. */
export interface FormatContext {
  /** Version of the product. */
  readonly version: string;
  /** What was scanned, for people. */
  readonly target: string;
  /** Texts about a control; undefined for one that is not known. */
  readonly control: (id: string) => ControlText | undefined;
  /** How a file is called in the report: relative to where people look at it, with `/`. */
  readonly fileName: (file: string) => string;
  /** Where a field stands, for manifests. Lines and columns count from 1. */
  readonly locate?: (file: string, document: number, path: string) => Promise<Place | undefined>;
}

export interface ControlText {
  readonly description: string;
  readonly remediation: string;
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A report in the form of a file, piece by piece. */
export type Formatted = Iterable<string> | AsyncIterable<string>;

type Controls = PostureReport['summaryDetails']['controls'];

/** Controls by their severity, the worst first, then by how much fails, then by id. */
export function sortedControls(controls: Controls): Controls[string][] {
  return Object.values(controls).toSorted(
    (a, b) =>
      b.scoreFactor - a.scoreFactor ||
      b.ResourceCounters.failedResources - a.ResourceCounters.failedResources ||
      (a.controlID < b.controlID ? -1 : 1),
  );
}
