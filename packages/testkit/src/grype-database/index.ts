/**
 * Advisories in OSV form (https://ossf.github.io/osv-schema/) for databases that tests make. `@kso/engines` writes the database itself
 * (`writeGrypeDatabase`): it is part of the product, and engines' own tests import this package.
 */
export interface TestAdvisory {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly database_specific: { readonly severity: string };
  readonly affected: readonly TestAffected[];
}

interface TestAffected {
  readonly package: { readonly ecosystem: string; readonly name: string };
  readonly ranges: readonly {
    readonly type: 'ECOSYSTEM';
    readonly events: readonly { readonly introduced?: string; readonly fixed?: string }[];
  }[];
}

export interface AdvisoryOptions {
  readonly id: string;
  /** The CVE of an advisory that has another id. */
  readonly cve?: string;
  /** `PyPI`, `Go`, `Debian:12`, … */
  readonly ecosystem: string;
  readonly package: string;
  /** First version without the vulnerability; without it every version is affected. */
  readonly fixed?: string;
  /** Default `HIGH`. */
  readonly severity?: 'CRITICAL' | 'HIGH' | 'MODERATE' | 'LOW';
}

export function advisory(options: AdvisoryOptions): TestAdvisory {
  const { id, cve, ecosystem, fixed, severity = 'HIGH' } = options;
  const events = [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])];
  return {
    id,
    aliases: cve === undefined ? [] : [cve],
    summary: `Test advisory of ${options.package}`,
    database_specific: { severity },
    affected: [{ package: { ecosystem, name: options.package }, ranges: [{ type: 'ECOSYSTEM', events }] }],
  };
}

/** Affects Jinja2 before 2.10.1. */
export const jinjaAdvisory = advisory({
  id: 'GHSA-462w-v97r-4m45',
  cve: 'CVE-2019-10906',
  ecosystem: 'PyPI',
  package: 'Jinja2',
  fixed: '2.10.1',
});

/** Affects OpenSSL in Debian 12 before 3.0.8-1. */
export const opensslAdvisory = advisory({
  id: 'CVE-2023-0286',
  ecosystem: 'Debian:12',
  package: 'openssl',
  fixed: '3.0.8-1',
});
