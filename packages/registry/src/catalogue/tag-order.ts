/** Tags that cosign and its relatives make for signatures, attestations and SBOMs of an image. */
const attachment = /^sha256-[0-9a-f]{64}(?:\.[a-z0-9]+)?$|\.(?:sig|att|sbom)$/;
const version = /^v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** The tags of images, most wanted first: `latest`, versions from the highest down, the others from the last listed back. */
export function wantedTags(listed: readonly string[]): string[] {
  const tags = listed.filter((tag) => !attachment.test(tag));
  const latest = tags.includes('latest') ? ['latest'] : [];
  const versions = tags.filter((tag) => version.test(tag)).toSorted((a, b) => compareVersions(b, a));
  const others = tags.filter((tag) => tag !== 'latest' && !version.test(tag)).toReversed();
  return [...new Set([...latest, ...versions, ...others])];
}

/** Order of semantic versions, a leading `v` and a missing third number allowed. */
function compareVersions(a: string, b: string): number {
  const [, ...left] = version.exec(a) ?? [];
  const [, ...right] = version.exec(b) ?? [];
  for (const index of [0, 1, 2]) {
    const difference = Number(left[index] ?? 0) - Number(right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(left[3], right[3]);
}

/** A release is higher than its pre-releases; numbers are compared as numbers. */
function comparePrereleases(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  return a.localeCompare(b, 'en', { numeric: true });
}
