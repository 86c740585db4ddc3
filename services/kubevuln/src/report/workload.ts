import { createHash } from 'node:crypto';
import { canonicalKind, normalizedImageHash, normalizedImageTag, parseWlid } from '@kso/domain';
import type { ContainerScanContext, ContainerScanDesignators, ImageScanJob } from '@kso/wire';

/** What a report says about whose image it is: the same in every chunk. */
export interface ReportSubject {
  readonly wlid: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly containerName: string;
  /** Of a scan of a registry. */
  readonly registryName?: string;
  readonly account: string;
  readonly imageTag: string;
  readonly imageHash: string;
  readonly designators: ContainerScanDesignators;
  readonly context: ContainerScanContext;
}

export interface SubjectOptions {
  readonly job: ImageScanJob;
  readonly account: string;
  readonly sbomVersion: string;
  /** What was scanned; stands in for the runtime's image id where the job brings none. */
  readonly digest?: string | undefined;
}

/** Group and version of the kinds that Kubernetes itself has; others are left out. */
const apiVersions: Readonly<Record<string, string>> = {
  pod: 'v1',
  replicationcontroller: 'v1',
  deployment: 'apps/v1',
  statefulset: 'apps/v1',
  daemonset: 'apps/v1',
  replicaset: 'apps/v1',
  job: 'batch/v1',
  cronjob: 'batch/v1',
};

/** Reads the workload out of a job. A job without one (registry, command line) gives a subject without workload attributes (B21). */
export function reportSubject({ job, account, sbomVersion, digest }: SubjectOptions): ReportSubject {
  const workload = parseWlid(job.wlid);
  const { cluster = '', namespace = '', kind = '', name = '' } = workload ?? {};
  const attributes = withoutEmpty({
    cluster,
    namespace,
    kind,
    name,
    containerName: job.containerName,
    ...(workload === undefined
      ? {}
      : { workloadHash: workloadHash([cluster, namespace, kind, name, job.containerName]) }),
    customerGUID: account,
    sbomToolVersion: sbomVersion,
    apiVersion: apiVersions[canonicalKind(kind)] ?? '',
    ...registryAttributes(job),
  });
  return {
    wlid: job.wlid,
    cluster,
    namespace,
    kind,
    name,
    containerName: job.containerName,
    account,
    ...(job.registryScan === undefined ? {} : { registryName: job.registryScan.registryName }),
    imageTag: normalizedImageTag(job.imageTag),
    imageHash: normalizedImageHash(job.imageTag, job.imageHash === '' ? (digest ?? '') : job.imageHash),
    designators: { designatorType: 'Attributes', attributes },
    context: Object.entries(attributes).map(([attribute, value]) => ({
      attribute,
      value,
      source: 'designators.attributes' as const,
    })),
  };
}

/** What a scan of a registry is about, in the names of kubevuln.md 10.4. */
function registryAttributes({ registryScan }: ImageScanJob): Record<string, string> {
  if (registryScan === undefined) return {};
  const { registryName, repository, tag, sensor, registryID = '', registryScanID = '', imagesCount } = registryScan;
  return {
    registryName,
    repository,
    tag,
    sensor,
    registryID,
    registryScanID,
    registryScanImagesCount: imagesCount === undefined ? '' : String(imagesCount),
  };
}

/** The group and version of a subject's kind, if Kubernetes knows it. */
export function apiVersionOf(subject: ReportSubject): string | undefined {
  return subject.designators.attributes['apiVersion'];
}

/** FNV-1a, 64 bits, in decimal, of the parts one after the other (kubevuln.md 10.4). */
export function workloadHash(parts: readonly string[]): string {
  const prime = 0x100000001b3n;
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(parts.join(''), 'utf8')) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  }
  return hash.toString();
}

export interface ScanVersions {
  /** e.g. `v1.57.0` */
  readonly sbom: string;
  readonly matcher: string;
  readonly mode: string;
}

/** `v1.57.0-v0.121.2-matching-adaptive` (kubevuln.md 1.6). */
export function versionText({ sbom, matcher, mode }: ScanVersions): string {
  return `${sbom}-${matcher}-matching-${mode}`;
}

/** Identifies a scan of one image by one version of the engines to the backend (kubevuln.md 1.6). Holds no slash. */
export function containersScanId(job: ImageScanJob, subject: ReportSubject, versions: ScanVersions): string {
  const version = versionText(versions).replaceAll('.', '-');
  const instance = job.instanceID ?? '';
  if (instance !== '' && !instance.includes('/')) return `${instance}-${version}`;
  return createHash('sha256').update(`${subject.imageTag}${subject.imageHash}${version}`).digest('hex');
}

function withoutEmpty(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''));
}
