import type { FindingName, FindingsChange, ImageFinding, ImageMatches } from '@kso/wire';

type Answer = Pick<ImageMatches, 'findings' | 'engines' | 'database'>;

/** What is new, what is gone and what is told differently, of the same packages. */
export function findingsChange(before: Answer, after: Answer): FindingsChange {
  const [old, current] = [byName(before.findings), byName(after.findings)];
  const only = (these: ReadonlyMap<string, Named>, those: ReadonlyMap<string, Named>) =>
    [...these].filter(([key]) => !those.has(key)).map(([, { name }]) => name);
  return {
    since: { databaseBuilt: before.database.built, matcher: before.engines.matcher },
    appeared: only(current, old),
    disappeared: only(old, current),
    altered: [...current]
      .filter(([key, { texts }]) => old.has(key) && old.get(key)?.texts !== texts)
      .map(([, { name }]) => name),
  };
}

export function isChanged({ appeared, disappeared, altered }: FindingsChange): boolean {
  return appeared.length + disappeared.length + altered.length > 0;
}

interface Named {
  readonly name: FindingName;
  /** All findings of the name: a package may lie in several places. */
  readonly texts: string;
}

function byName(findings: readonly ImageFinding[]): Map<string, Named> {
  const named = new Map<string, { name: FindingName; texts: string[] }>();
  for (const finding of findings) {
    const { id, package: item } = finding;
    const key = JSON.stringify([id, item.name, item.version, item.type]);
    const text = JSON.stringify(finding);
    const known = named.get(key);
    if (known !== undefined) known.texts.push(text);
    else {
      const name = { id, package: item.name, version: item.version, type: item.type };
      named.set(key, { name, texts: [text] });
    }
  }
  return new Map([...named].map(([key, { name, texts }]) => [key, { name, texts: texts.sort().join('\n') }]));
}
