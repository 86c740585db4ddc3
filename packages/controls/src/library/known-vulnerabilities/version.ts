/** Numbers of a version, `v1.21.4-gke.1` → [1, 21, 4]; undefined if it does not begin with one. */
export function parseVersion(text: string): readonly number[] | undefined {
  const match = /^v?(\d{1,6}(?:\.\d{1,6}){0,3})/.exec(text.trim());
  return match?.[1]?.split('.').map(Number);
}

/** Negative, zero or positive as `a` is lower than, equal to or higher than `b`; compared as numbers, missing parts are 0. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
