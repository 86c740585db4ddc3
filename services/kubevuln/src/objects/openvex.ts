import { createHash } from 'node:crypto';
import { parseImageReference, type VulnerabilityException } from '@kso/domain';
import type { ImageFinding } from '@kso/wire';
import { packageKey } from '../relevancy/relevant-packages.ts';
import type { KnownResult } from './known-result.ts';

interface Component {
  readonly '@id': string;
  readonly subcomponents?: readonly { readonly '@id': string }[];
}

export interface VexStatement {
  readonly '@id': string;
  readonly vulnerability: {
    readonly '@id': string;
    readonly name: string;
    readonly description: string;
    readonly aliases: readonly string[];
  };
  readonly products: readonly Component[];
  readonly status: string;
  readonly justification?: string;
  readonly impact_statement?: string;
  readonly action_statement?: string;
  readonly status_notes?: string;
}

/** Without what an update changes: `@id`, `version`, `last_updated`. */
export interface VexContent {
  readonly statements: readonly VexStatement[];
}

/**
 * What an image's findings mean for the container, in OpenVEX (kubevuln.md 11): affected what counts, not affected what the container
 * does not use or what somebody has accepted, with the reason.
 */
export function vexStatements({ matches, exceptions, relevant, subject }: KnownResult): VexStatement[] {
  const products = productsOf(subject.imageHash);
  return matches.findings.map((finding) => {
    const purl =
      finding.package.purl || `pkg:generic/${encodeURIComponent(finding.package.name)}@${finding.package.version}`;
    const suppressing = exceptions.get(finding)?.find(({ isSuppressing }) => isSuppressing);
    const isUsed = relevant === undefined || relevant.has(packageKey(finding.package));
    return {
      '@id': `https://kubescape.io/vex/statement/${encodeURIComponent(finding.id)}/${encodeURIComponent(purl)}`,
      vulnerability: {
        '@id': finding.dataSource,
        name: finding.id,
        description: finding.description,
        aliases: finding.related,
      },
      products: products.map((id) => ({ '@id': id, subcomponents: [{ '@id': purl }] })),
      ...verdictOf(finding, purl, suppressing, isUsed),
    };
  });
}

type Verdict = Pick<
  VexStatement,
  'status' | 'justification' | 'impact_statement' | 'action_statement' | 'status_notes'
>;

function verdictOf(
  finding: ImageFinding,
  purl: string,
  exception: VulnerabilityException | undefined,
  isUsed: boolean,
): Verdict {
  if (exception !== undefined) return acceptedVerdict(exception);
  if (!isUsed) {
    return {
      status: 'not_affected',
      justification: 'vulnerable_code_not_present',
      impact_statement: 'Vulnerable component is not loaded into the memory',
    };
  }
  const { versions } = finding.fix;
  const action =
    versions.length === 0
      ? 'Upgrade the vulnerable component to a version that is not affected'
      : `Upgrade ${purl} to version ${versions.join(' or ')}`;
  return { status: 'affected', action_statement: action };
}

function acceptedVerdict({ source, status, justification, reason }: VulnerabilityException): Verdict {
  const notes = `justification: ${justification ?? ''}; impact: ${reason}`;
  if (status === 'fixed') return { status: 'fixed', status_notes: notes };
  if (status === 'affected') {
    const action = 'A SecurityException accepted this vulnerability as an affected finding';
    return { status: 'affected', action_statement: action, status_notes: notes };
  }
  const by =
    source === 'cluster'
      ? 'a SecurityException'
      : source === 'vex'
        ? 'an external VEX document'
        : 'an exception policy';
  return {
    status: 'not_affected',
    justification: justification ?? 'vulnerable_code_not_present',
    impact_statement: reason === '' ? `Vulnerability was ignored by ${by}` : reason,
  };
}

/** Upstream's form of the image first, then the one that Grype takes: with the image's name in the address of its repository. */
function productsOf(imageHash: string): string[] {
  const parsed = parseImageReference(imageHash);
  if (parsed.type !== 'reference') return [imageHash];
  const { registry, repository, digest = '', tag } = parsed.reference;
  const cut = repository.lastIndexOf('/');
  const [folder, name] = [repository.slice(0, Math.max(0, cut)), repository.slice(cut + 1)];
  const version = encodeURIComponent(digest === '' ? (tag ?? '') : digest);
  const place = folder === '' ? registry : `${registry}/${folder}`;
  return [place, `${registry}/${repository}`].map(
    (url) => `pkg:oci/${name}@${version}?repository_url=${encodeURIComponent(url)}`,
  );
}

export interface VexDocument extends VexContent {
  readonly '@context': string;
  readonly '@id': string;
  readonly author: string;
  readonly role: string;
  /** Of the first version. */
  readonly timestamp: string;
  readonly last_updated: string;
  readonly version: number;
  readonly tooling: string;
}

/** The next version of a document: the same one when nothing is said differently. */
export function nextVexDocument(
  before: VexDocument | undefined,
  statements: readonly VexStatement[],
  now: number,
): VexDocument {
  if (before !== undefined && JSON.stringify(before.statements) === JSON.stringify(statements)) return before;
  const time = new Date(now).toISOString();
  const document = {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    author: 'kubescape.io',
    role: 'smart vulnerability scanner :-)',
    timestamp: before?.timestamp ?? time,
    last_updated: time,
    version: before === undefined ? 0 : before.version + 1,
    tooling: 'kubescape-vulnerability-analyzer',
    statements,
  };
  return { ...document, '@id': canonicalHash(document) };
}

/** SHA-256 over the content in a canonical order (kubevuln.md 11). Lengths are in bytes. */
function canonicalHash({ timestamp, version, author, statements }: Omit<VexDocument, '@id'>): string {
  const time = timestamp.replace(/\.\d+Z$/, 'Z');
  const sized = (text: string): string => `:${Buffer.byteLength(text)}:${text}`;
  const component = ({ '@id': id, subcomponents = [] }: Component): string =>
    `:prod${sized(sized(id))}${subcomponents
      .map((inner) => `:sub${sized(sized(inner['@id']))}`)
      .sort()
      .join('')}`;
  const statement = ({ vulnerability, status, justification = '', products }: VexStatement): string =>
    sized(vulnerability['@id']) +
    sized(vulnerability.name) +
    vulnerability.aliases.map(sized).sort().join('') +
    sized(status) +
    sized(justification) +
    sized(time) +
    products.map(component).sort().join('');
  const body = statements.map((item) => [item.vulnerability.name, statement(item)] as const).sort(byText);
  const text = `${sized(time)}:${version}${sized(author)}${body.map(([, part]) => part).join('')}`;
  return createHash('sha256').update(text).digest('hex');
}

function byText([a, partA]: readonly [string, string], [b, partB]: readonly [string, string]): number {
  if (a !== b) return a < b ? -1 : 1;
  return partA < partB ? -1 : 1;
}
