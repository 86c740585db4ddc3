/** One segment of a path, whatever it is (U+22EF). */
const oneSegment = '⋯';
const manySegments = '*';

/** Paths of a profile, for the question whether a file is one of them. */
export interface PathSet {
  has(path: string): boolean;
}

/**
 * `⋯` stands for exactly one segment; `*` for none or more in the middle of a path, and for one or more at its end (kubevuln.md 7.2).
 */
export function createPathSet(paths: readonly string[]): PathSet {
  const exact = new Set<string>();
  const byLength = new Map<number, string[][]>();
  const open: string[][] = [];
  for (const path of paths) {
    const segments = path.split('/');
    if (segments.includes(manySegments)) open.push(segments);
    else if (segments.includes(oneSegment)) {
      const same = byLength.get(segments.length) ?? [];
      same.push(segments);
      byLength.set(segments.length, same);
    } else exact.add(path);
  }
  return {
    has: (path) => {
      if (exact.has(path)) return true;
      if (byLength.size === 0 && open.length === 0) return false;
      const segments = path.split('/');
      const isLike = (pattern: readonly string[]): boolean => matches(pattern, segments);
      return (byLength.get(segments.length)?.some(isLike) ?? false) || open.some(isLike);
    },
  };
}

/** Greedy with one point to come back to: linear in practice, and quadratic at worst, whatever a profile holds. */
function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  let [at, position] = [0, 0];
  let star = -1;
  let resume = 0;
  while (position < segments.length) {
    const wanted = pattern[at];
    if (wanted === manySegments) {
      star = at;
      // At the end at least one segment has to be left for it.
      if (at === pattern.length - 1) return true;
      resume = position;
      at += 1;
    } else if (wanted === oneSegment || wanted === segments[position]) {
      at += 1;
      position += 1;
    } else {
      if (star < 0) return false;
      resume += 1;
      at = star + 1;
      position = resume;
    }
  }
  return at === pattern.length;
}
