import {
  asksForLabels,
  coversFinding,
  coversImage,
  type ImageSubject,
  type NamespaceLabels,
  parsePackageUrl,
  type ReadVulnerabilityExceptions,
  readSecurityExceptionVulnerabilities,
  readVexDocument,
  readVulnerabilityPolicies,
  type VulnerabilityException,
} from '@kso/domain';
import type { ImageFinding } from '@kso/wire';
import type { ClusterExceptionDocuments, ExceptionDocument } from './sources.ts';
import type { WorkloadLabels } from './workload-labels.ts';

/** All exceptions in force at a time. */
export interface ExceptionBook {
  readonly exceptions: readonly VulnerabilityException[];
  /** Those that have no effect any more. */
  readonly expired: readonly VulnerabilityException[];
  /** Exceptions that are wrong, and therefore have no effect. */
  readonly problems: readonly { readonly id: string; readonly problem: string }[];
  /** Why some exceptions may be missing; undefined when all could be read. */
  readonly degraded: string | undefined;
  /** True if some exception is about this workload or not, depending on its labels. */
  asksForLabels(subject: ImageSubject): boolean;
  /** What is excepted in one image of a workload: exceptions by finding, those without any left out. */
  apply(subject: ImageSubject, findings: readonly ImageFinding[]): AppliedExceptions;
}

export type AppliedExceptions = ReadonlyMap<ImageFinding, readonly VulnerabilityException[]>;

export interface BookInput {
  readonly documents: readonly ExceptionDocument[];
  readonly cluster?: ClusterExceptionDocuments | undefined;
  /** Why the cluster's could not be read. */
  readonly clusterProblem?: string | undefined;
  /** Of workloads; asked each time. */
  readonly labels?: Pick<WorkloadLabels, 'of' | 'problem'> | undefined;
  readonly now: number;
}

/** No exceptions, because none are configured. */
export const emptyBook: ExceptionBook = createExceptionBook({ documents: [], now: 0 });

export function createExceptionBook({ documents, cluster, clusterProblem, labels, now }: BookInput): ExceptionBook {
  const read = [
    ...documents.map(readDocument),
    ...(cluster?.objects ?? []).map((object) => readSecurityExceptionVulnerabilities(object)),
  ];
  const all = read.flatMap(({ exceptions }) => exceptions);
  const isExpired = ({ expiresAt }: VulnerabilityException): boolean => expiresAt !== undefined && expiresAt < now;
  const exceptions = all.filter((exception) => !isExpired(exception));
  const namespaceLabels: NamespaceLabels = (namespace) => cluster?.namespaceLabels.get(namespace);
  const unreadable = [
    ...documents.flatMap(({ origin, problem, degraded }) => {
      const text = problem ?? degraded;
      return text === undefined ? [] : [`${origin}: ${text}`];
    }),
    ...(clusterProblem === undefined ? [] : [`security exceptions of the cluster: ${clusterProblem}`]),
  ];
  return {
    exceptions,
    expired: all.filter(isExpired),
    problems: read.flatMap(({ problems }) => problems),
    get degraded() {
      const problems = labels?.problem === undefined ? unreadable : [...unreadable, labels.problem];
      return problems.length === 0 ? undefined : problems.join('; ');
    },
    asksForLabels: (subject) => exceptions.some((exception) => asksForLabels(exception, subject, namespaceLabels)),
    apply: (subject, findings) => {
      const labelled = { ...subject, labels: labels?.of(subject) };
      return applyExceptions(covering(exceptions, labelled, namespaceLabels), labelled, findings);
    },
  };
}

function readDocument({ type, source, origin, value }: ExceptionDocument): ReadVulnerabilityExceptions {
  if (value === undefined) return { exceptions: [], problems: [] };
  return type === 'vex' ? readVexDocument(value, origin) : readVulnerabilityPolicies(value, { source, origin });
}

/** The account's word about a vulnerability wins over the cluster's (kubevuln.md 9.3). */
function covering(
  exceptions: readonly VulnerabilityException[],
  subject: ImageSubject,
  namespaceLabels: NamespaceLabels,
): readonly VulnerabilityException[] {
  const about = exceptions.filter((exception) => coversImage(exception, subject, namespaceLabels));
  const decided = new Set(
    about.filter(({ source }) => source === 'account').flatMap(({ vulnerabilities }) => [...vulnerabilities]),
  );
  return about.filter(({ source, vulnerabilities }) => source !== 'cluster' || vulnerabilities.isDisjointFrom(decided));
}

function applyExceptions(
  exceptions: readonly VulnerabilityException[],
  { image }: ImageSubject,
  findings: readonly ImageFinding[],
): AppliedExceptions {
  if (exceptions.length === 0) return new Map();
  return new Map(
    findings.flatMap((finding) => {
      const { id, fixKnown, package: item } = finding;
      const asked = { id, fixKnown, package: parsePackageUrl(item.purl) };
      const covered = exceptions.filter((exception) => coversFinding(exception, asked, image));
      return covered.length === 0 ? [] : [[finding, covered] as const];
    }),
  );
}

/** True if the finding does not count any more. */
export function isSuppressed(applied: AppliedExceptions, finding: ImageFinding): boolean {
  return applied.get(finding)?.some(({ isSuppressing }) => isSuppressing) === true;
}
