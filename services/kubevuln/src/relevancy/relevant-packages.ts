import { z } from 'zod';
import { createPathSet } from './path-set.ts';

/** The part of a Syft document that says which package has which file. */
const SbomWithFiles = z.object({
  artifacts: z.array(z.looseObject({ id: z.string(), name: z.string(), version: z.string(), type: z.string() })),
  artifactRelationships: z
    .array(z.looseObject({ parent: z.string(), child: z.string(), type: z.string() }))
    .nullish()
    .transform((list) => list ?? []),
  files: z
    .array(z.looseObject({ id: z.string(), location: z.looseObject({ path: z.string() }) }))
    .nullish()
    .transform((list) => list ?? []),
});

/** A reading of these makes every package of the distribution "used" (kubevuln.md 7.2). */
const packageDatabases = [
  /^\/var\/lib\/dpkg\/status$/,
  /^\/lib\/apk\/db\/installed$/,
  /^\/var\/lib\/rpm\//,
  /^\/usr\/lib\/sysimage\/rpm\//,
];

export interface RelevancyQuestion {
  /** Of files that are used, see `createPathSet`. */
  readonly paths: readonly string[];
  /** Packages are not used because somebody has read the database that they are listed in. */
  readonly ignorePackageDatabases: boolean;
}

/** A package by what a finding names: `name`, `version`, `type`. */
export type PackageKey = string;

export function packageKey({ name, version, type }: { name: string; version: string; type: string }): PackageKey {
  return JSON.stringify([name, version, type]);
}

/**
 * The packages of which a file is used, and those that contain such a package: an archive in an archive (kubevuln.md 7.2).
 * @throws ZodError when the document is none of Syft's
 */
export function relevantPackages(sbom: unknown, { paths, ignorePackageDatabases }: RelevancyQuestion): PackageKey[] {
  const { artifacts, artifactRelationships, files } = SbomWithFiles.parse(sbom);
  const used = createPathSet(paths);
  const databases = new Set(
    files.filter(({ location }) => packageDatabases.some((pattern) => pattern.test(location.path))).map(({ id }) => id),
  );
  const parents = Map.groupBy(
    artifactRelationships.filter(
      ({ type, child }) => !(ignorePackageDatabases && type === 'evident-by' && databases.has(child)),
    ),
    ({ child }) => child,
  );
  const reached = new Set(files.filter(({ location }) => used.has(location.path)).map(({ id }) => id));
  // A set that grows while it is read: each id once, however the relationships run.
  for (const id of reached) for (const { parent } of parents.get(id) ?? []) reached.add(parent);
  return [...new Set(artifacts.filter(({ id }) => reached.has(id)).map(packageKey))].sort();
}
