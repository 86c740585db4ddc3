import { splitInParts } from '@kso/delivery';
import type { ContainerScanReport, ContainerScanSummary, ImageMatches, VulnerabilityDatabaseInfo } from '@kso/wire';
import type { AppliedExceptions } from '../exceptions/book.ts';
import type { PackageKey } from '../relevancy/relevant-packages.ts';
import { indexLayers } from './layers.ts';
import { summaryRecord } from './summary.ts';
import { vulnerabilityRecord } from './vulnerability.ts';
import type { ReportSubject } from './workload.ts';

export interface ReportInput {
  readonly subject: ReportSubject;
  readonly containersScanID: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly jobIds: readonly string[];
  readonly matches: ImageMatches;
  readonly database: VulnerabilityDatabaseInfo;
  /** Exceptions by finding; default: none. */
  readonly exceptions?: AppliedExceptions;
  /** Packages that the container uses (`packageKey`); absent when nobody has observed it. */
  readonly relevant?: ReadonlySet<PackageKey> | undefined;
  /** Why some exceptions may be missing. */
  readonly exceptionsDegraded?: string | undefined;
  /** Bytes of JSON that the findings of one chunk may have, the newline at its end included; default 30,000 (kubevuln.md 10.3). */
  readonly chunkBytes?: number;
}

/** The chunks of a report, in their order, each as the JSON text of one request. */
export function containerScanReport(input: ReportInput): string[] {
  const { subject, containersScanID, timestamp, exceptions = new Map(), relevant, chunkBytes = 30_000 } = input;
  const context = {
    subject,
    containersScanID,
    timestamp,
    exceptions,
    relevant,
    layers: indexLayers(input.matches.history),
  };
  const records = input.matches.findings.map((finding) => vulnerabilityRecord(finding, context));
  const summary = summaryRecord({ ...input, vulnerabilities: records });
  // Each finding is serialised once; a chunk is its texts put together.
  const texts = records.map((record) => JSON.stringify(record));
  const parts = splitInParts(texts, chunkBytes - 1, (text) => Buffer.byteLength(text));
  return chunksOf({ ...context, summary, parts, chunkBytes });
}

interface Chunks {
  readonly subject: ReportSubject;
  readonly containersScanID: string;
  readonly timestamp: number;
  readonly summary: ContainerScanSummary;
  readonly parts: readonly (readonly string[])[];
  readonly chunkBytes: number;
}

/** The summary travels with the first findings if both fit, else alone before them. */
function chunksOf(chunks: Chunks): string[] {
  const [first, ...rest] = chunks.parts;
  const alone = chunkText(chunks, { number: 0, isLast: first === undefined, withSummary: true }, undefined);
  if (first === undefined) return [alone];
  const fits = Buffer.byteLength(alone) + sizeOf(first) <= chunks.chunkBytes;
  const numbered = fits ? [first, ...rest] : [undefined, first, ...rest];
  return numbered.map((part, number) =>
    chunkText(chunks, { number, isLast: number === numbered.length - 1, withSummary: number === 0 }, part),
  );
}

interface ChunkPlace {
  readonly number: number;
  readonly isLast: boolean;
  readonly withSummary: boolean;
}

function chunkText(chunks: Chunks, place: ChunkPlace, part: readonly string[] | undefined): string {
  const envelope: Omit<ContainerScanReport, 'vulnerabilities'> = {
    designators: chunks.subject.designators,
    ...(place.withSummary ? { summary: chunks.summary } : {}),
    containersScanID: chunks.containersScanID,
    paginationInfo: { chunkNumber: place.number, isLastChunk: place.isLast },
    timestamp: chunks.timestamp,
  };
  const list = part === undefined ? 'null' : `[${part.join(',')}]`;
  return `${JSON.stringify(envelope).slice(0, -1)},"vulnerabilities":${list}}`;
}

function sizeOf(part: readonly string[]): number {
  return part.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 2);
}
