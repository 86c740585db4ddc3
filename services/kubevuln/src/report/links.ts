const advisories: readonly (readonly [string, (id: string) => string])[] = [
  ['EUVD-', (id) => `https://euvd.enisa.europa.eu/enisa/${id}`],
  ['GHSA-', (id) => `https://github.com/advisories/${id}`],
  ['RHSA-', (id) => `https://access.redhat.com/errata/${id}`],
  ['USN-', (id) => `https://ubuntu.com/security/notices/${id}/`],
  ['DSA-', (id) => `https://security-tracker.debian.org/tracker/${id}`],
  ['ELSA-', (id) => `https://linux.oracle.com/errata/${id}.html`],
  ['RLSA-', (id) => `https://errata.rockylinux.org/${id}`],
  ['ALAS2023-', (id) => `https://alas.aws.amazon.com/AL2023/ALAS-${id.slice('ALAS2023-'.length)}.html`],
  ['ALAS2-', (id) => `https://alas.aws.amazon.com/AL2/ALAS-${id.slice('ALAS2-'.length)}.html`],
  ['ALAS-', (id) => `https://alas.aws.amazon.com/${id}.html`],
];

/** Where to read about a vulnerability (kubevuln.md 10.7). */
export function vulnerabilityLink(id: string): string {
  const safe = encodeURIComponent(id);
  const advisory = advisories.find(([prefix]) => id.startsWith(prefix));
  return advisory === undefined ? `https://nvd.nist.gov/vuln/detail/${safe}` : advisory[1](safe);
}
