import { ownedFiles } from './package-metadata.ts';
import type { SbomArtifact, SharableSbom } from './sharable-sbom.ts';

/** `[owner, owned]`: files of the second package belong to the first one. Indexes of artifacts. */
export type Ownership = readonly [owner: number, owned: number];

/** Packages of one SBOM whose matches depend on each other, and on no package outside. Indexes of artifacts. */
export interface Component {
  readonly members: readonly number[];
  readonly ownerships: readonly Ownership[];
}

/**
 * The packages that Grype must be asked about together. Its answer about a package depends on others of the same SBOM in two ways only
 * (`grype/pkg.FromPackages`, `removePackagesByOverlap`, `match.IgnoreRelatedPackage`, `matcher/internal.constructIgnoreFilters`):
 * a package that owns its files may take it out or settle a vulnerability, and a note that one package is unaffected holds for all
 * of the same type, name and version.
 * @param identities of the artifacts: equal for those that Grype cannot tell apart
 */
export function findComponents(sbom: SharableSbom, identities: readonly string[]): Component[] {
  const { artifacts } = sbom;
  const ownerships = findOwnerships(sbom);
  const roots = artifacts.map((_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (roots[root] !== root) root = roots[root] ?? root;
    roots[index] = root;
    return root;
  };
  const join = (a: number, b: number): void => {
    roots[rootOf(a)] = rootOf(b);
  };
  for (const [owner, owned] of ownerships) join(owner, owned);
  for (const [first, ...others] of namesakes(artifacts, identities)) {
    for (const other of others) if (first !== undefined) join(first, other);
  }
  const members = Map.groupBy(artifacts.keys(), rootOf);
  const within = Map.groupBy(ownerships, ([owner]) => rootOf(owner));
  return [...members].map(([root, indexes]) => ({ members: indexes, ownerships: within.get(root) ?? [] }));
}

/** Package types whose matchers ask a feed of the distribution: they never say "unaffected" of a name. */
const distributionTypes = new Set(['apk', 'deb', 'rpm', 'alpm', 'portage']);

/** The name by which a package can be told unaffected together with others; undefined when it cannot. */
export function unaffectedName({ type, name, version }: { type: string; name: string; version: string }) {
  return distributionTypes.has(type) ? undefined : `${type}\0${name}\0${version}`;
}

/** Different packages of the same type, name and version. */
function namesakes(artifacts: readonly SbomArtifact[], identities: readonly string[]): number[][] {
  const byName = new Map<string, number[]>();
  for (const [index, artifact] of artifacts.entries()) {
    const name = unaffectedName(artifact);
    if (name === undefined) continue;
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [index]);
    else known.push(index);
  }
  return [...byName.values()].filter((indexes) => new Set(indexes.map((index) => identities[index])).size > 1);
}

/** What Syft wrote of overlaps, or, when it wrote nothing, what Grype makes out of the files that packages own. */
function findOwnerships({ artifacts, artifactRelationships }: SharableSbom): Ownership[] {
  const indexes = new Map(artifacts.map(({ id }, index) => [id, index]));
  const written = artifactRelationships.flatMap(({ parent, child, type }): Ownership[] => {
    const [owner, owned] = [indexes.get(parent), indexes.get(child)];
    if (type !== 'ownership-by-file-overlap' || owner === undefined || owned === undefined) return [];
    return [[owner, owned]];
  });
  return written.length > 0 ? written : ownershipsByFiles(artifacts);
}

function ownershipsByFiles(artifacts: readonly SbomArtifact[]): Ownership[] {
  const owners = new Map<string, number[]>();
  const located = new Set(artifacts.flatMap(({ locations }) => (locations ?? []).map(({ path }) => path)));
  for (const [index, artifact] of artifacts.entries()) {
    for (const file of new Set(ownedFiles(artifact))) {
      if (!located.has(file)) continue;
      const known = owners.get(file);
      if (known === undefined) owners.set(file, [index]);
      else known.push(index);
    }
  }
  return artifacts.flatMap(({ locations }, owned) =>
    (locations ?? []).flatMap(({ path }) =>
      (owners.get(path) ?? []).filter((owner) => owner !== owned).map((owner): Ownership => [owner, owned]),
    ),
  );
}
