import type { OsvAdvisory } from './osv.ts';
import type { RangeBlob } from './ranges.ts';

/** A severity entry; the first one of a vulnerability decides its level. */
interface SeverityBlob {
  readonly scheme: 'CVSS' | 'CHMLN';
  readonly value: string | { readonly vector: string; readonly version: string };
  readonly source: string;
  readonly rank: number;
}

export interface VulnerabilityBlob {
  readonly id: string;
  readonly description?: string;
  readonly refs?: readonly { readonly url: string; readonly tags?: readonly string[] }[];
  readonly aliases?: readonly string[];
  readonly severities?: readonly SeverityBlob[];
}

export interface PackageBlob {
  readonly cves?: readonly string[];
  readonly ranges: readonly RangeBlob[];
}

const levels: Readonly<Record<string, string>> = {
  critical: 'critical',
  high: 'high',
  moderate: 'medium',
  medium: 'medium',
  low: 'low',
  negligible: 'negligible',
};

/** The `blobs` row of a vulnerability. Grype shows the first reference as its data source. */
export function vulnerabilityBlob(advisory: OsvAdvisory): VulnerabilityBlob {
  const description = advisory.summary === '' ? advisory.details : advisory.summary;
  const severities = severityBlobs(advisory);
  return {
    id: advisory.id,
    ...(description === '' ? {} : { description }),
    refs: [{ url: advisoryUrl(advisory), tags: ['advisory'] }, ...advisory.references.map(({ url }) => ({ url }))],
    ...(advisory.aliases.length === 0 ? {} : { aliases: advisory.aliases }),
    ...(severities.length === 0 ? {} : { severities }),
  };
}

/** The `blobs` row of an affected package. */
export function packageBlob(advisory: OsvAdvisory, ranges: readonly RangeBlob[]): PackageBlob {
  const cves = [advisory.id, ...advisory.aliases].filter(isCve);
  return { ...(cves.length === 0 ? {} : { cves }), ranges };
}

function isCve(id: string): boolean {
  return id.startsWith('CVE-');
}

function severityBlobs(advisory: OsvAdvisory): SeverityBlob[] {
  const blobs: Omit<SeverityBlob, 'rank'>[] = [];
  const level = levels[advisory.database_specific?.severity?.toLowerCase() ?? ''];
  if (level !== undefined) blobs.push({ scheme: 'CHMLN', value: level, source: 'advisory' });
  for (const { type, score } of advisory.severity) {
    const version = /^CVSS:(\d\.\d)\//.exec(score)?.[1] ?? (type === 'CVSS_V2' ? '2.0' : undefined);
    if (version !== undefined) blobs.push({ scheme: 'CVSS', value: { vector: score, version }, source: 'advisory' });
  }
  return blobs.map((blob, index) => ({ ...blob, rank: index + 1 }));
}

function advisoryUrl({ id }: OsvAdvisory): string {
  const path = encodeURIComponent(id);
  if (id.startsWith('GHSA-')) return `https://github.com/advisories/${path}`;
  if (isCve(id)) return `https://nvd.nist.gov/vuln/detail/${path}`;
  return `https://osv.dev/vulnerability/${path}`;
}
