import { imageSlug, normalizedImageHash, normalizedImageTag } from '@kso/domain';
import type { ResultStore } from '@kso/store';
import {
  type ImageFinding,
  type ImageMatches,
  ImageScanJob,
  ImageScanRecord,
  imageMatchesKey,
  imageMatchesKind,
} from '@kso/wire';
import type { AppliedExceptions, ExceptionBook } from '../exceptions/book.ts';
import { exceptionSubject } from '../exceptions/subject.ts';
import type { RelevancyStore } from '../relevancy/relevancy-store.ts';
import type { PackageKey } from '../relevancy/relevant-packages.ts';
import { type ReportSubject, reportSubject } from '../report/workload.ts';

/** One container of a workload, or an image without one, that has a result. */
export interface KnownContainer {
  readonly record: Extract<ImageScanRecord, { state: 'evaluated' }>;
  readonly job: ImageScanJob;
  readonly subject: ReportSubject;
  readonly relevant: ReadonlySet<PackageKey> | undefined;
}

/** What objects are made of. */
export interface KnownResult extends KnownContainer {
  readonly matches: ImageMatches;
  readonly exceptions: AppliedExceptions;
}

export interface KnownResultOptions {
  readonly results: ResultStore;
  readonly account: string;
  readonly exceptions: () => ExceptionBook;
  readonly relevancy: Pick<RelevancyStore, 'find'>;
}

/** Undefined for a record without a result. */
export function knownContainer({ account, relevancy }: KnownResultOptions, body: unknown): KnownContainer | undefined {
  const record = ImageScanRecord.safeParse(body).data;
  if (record?.state !== 'evaluated') return undefined;
  const job = ImageScanJob.safeParse(record.job).data;
  if (job === undefined) return undefined;
  const subject = reportSubject({ job, account, sbomVersion: '', digest: record.digest });
  return { record, job, subject, relevant: relevancy.find(job, record) };
}

/** Undefined when the answer about the image has been forgotten. */
export function knownResult(
  { results, exceptions }: KnownResultOptions,
  container: KnownContainer,
): KnownResult | undefined {
  const { record, job, subject } = container;
  const stored = results.get(imageMatchesKind, imageMatchesKey(record.digest, record.platform));
  if (stored === undefined) return undefined;
  // Written by the scan and the matching pass alone, so its shape is known.
  const matches = stored.body as unknown as ImageMatches;
  const asked = exceptionSubject(subject, job.imageTag, matches.digest);
  return { ...container, matches, exceptions: exceptions().apply(asked, matches.findings) };
}

/** The names of a result's objects (kubevuln.md 8.1). */
export interface ObjectNames {
  /** Of the image's manifest: the image slug. */
  readonly manifest: string;
  /** Of the filtered manifest: the instance slug; undefined without one. */
  readonly filtered: string | undefined;
  readonly summary: string;
}

export function objectNames({ record, job, subject }: Pick<KnownContainer, 'record' | 'job' | 'subject'>): ObjectNames {
  const hash = job.registryScan === undefined ? job.imageHash || record.digest : 'nohash';
  const slug = imageSlug(normalizedImageTag(job.imageTag), hash);
  const manifest = slug.ok ? slug.slug : record.digest.replace(':', '-');
  const { kind, name, containerName } = subject;
  return {
    manifest,
    filtered: job.instanceID === undefined || job.instanceID.includes('/') ? undefined : job.instanceID,
    // Never a name out of empty parts: a scan without a workload goes by its image.
    summary: name === '' ? manifest : `${kind}-${name}-${containerName}`.toLowerCase(),
  };
}

/** Annotations that all objects of an image have. */
export function imageAnnotations({ job, matches }: Pick<KnownResult, 'job' | 'matches'>): Record<string, string> {
  return {
    'kubescape.io/image-id': normalizedImageHash(job.imageTag, job.imageHash === '' ? matches.digest : job.imageHash),
    'kubescape.io/image-tag': normalizedImageTag(job.imageTag),
    'kubescape.io/status': 'ready',
    'kubescape.io/tool-version': matches.engines.sbom,
    'kubescape.io/resolved-platform': matches.platform,
  };
}

/** Labels that all objects of an image have: sanitised, and left out when nothing is left of them (kubevuln.md 5.7). */
export function imageLabels(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const tag = annotations['kubescape.io/image-tag'] ?? '';
  const labels = {
    'kubescape.io/image-id': sanitized(annotations['kubescape.io/image-id'] ?? ''),
    'kubescape.io/image-name': sanitized(tag.replace(/:[^/:]*$/, '')),
    'kubescape.io/image-tag': sanitized(tag),
  };
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

function sanitized(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}

/** Findings by whether they count. */
export function splitFindings({ matches, exceptions }: Pick<KnownResult, 'matches' | 'exceptions'>) {
  const isIgnored = (finding: ImageFinding): boolean =>
    exceptions.get(finding)?.some(({ isSuppressing }) => isSuppressing) === true;
  return {
    counted: matches.findings.filter((finding) => !isIgnored(finding)),
    ignored: matches.findings.filter(isIgnored),
  };
}
