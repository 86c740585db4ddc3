import type { ImageFinding } from '@kso/wire';

/**
 * The version to upgrade to: the smallest listed one above the installed one, empty when every listed one is older (B21). Where versions
 * of the package cannot be ordered, the first one listed; `unknown` when it is fixed in a version that nobody names.
 */
export function suggestedVersion({ fix, fixKnown, package: installed }: ImageFinding): string {
  const [first] = fix.versions;
  if (first === undefined) return fixKnown && fix.state === 'fixed' ? 'unknown' : '';
  const current = parseVersion(installed.version);
  if (current === undefined) return first;
  const candidates = fix.versions.flatMap((text) => {
    const version = parseVersion(text);
    return version === undefined ? [] : [{ text, version }];
  });
  if (candidates.length === 0) return first;
  const [best] = candidates
    .filter(({ version }) => compare(version, current) > 0)
    .sort((a, b) => compare(a.version, b.version));
  return best?.text ?? '';
}

interface Version {
  readonly numbers: readonly number[];
  /** What follows the numbers, such as `rc1` of `1.2rc1`; empty for a release. */
  readonly suffix: string;
}

/**
 * Numbers with dots, as in semantic versions and in those of Python, Go, Ruby and the like. Versions with an epoch, a revision or
 * letters first (distributions) are not ordered here: the distribution's feed lists the one fixed version anyway.
 */
function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,10}(?:\.\d{1,10}){0,7})(?:[-.]?([A-Za-z][0-9A-Za-z.-]*))?(?:\+[0-9A-Za-z.-]*)?$/.exec(text);
  if (match === null) return undefined;
  const [, numbers = '', suffix = ''] = match;
  return { numbers: numbers.split('.').map(Number), suffix };
}

function compare(a: Version, b: Version): number {
  for (let index = 0; index < Math.max(a.numbers.length, b.numbers.length); index += 1) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.suffix === b.suffix) return 0;
  // A pre-release comes before its release; Python's post-releases after it.
  if (a.suffix === '') return b.suffix.startsWith('post') ? -1 : 1;
  if (b.suffix === '') return a.suffix.startsWith('post') ? 1 : -1;
  return a.suffix.localeCompare(b.suffix, 'en', { numeric: true });
}
