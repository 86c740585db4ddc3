import path from 'node:path';
import type { Check, Problem, Repository } from './repository.ts';

export interface ImportTable {
  /** Package → packages that it may import; `*` is any. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  /** Services that put other services together. */
  readonly composers: readonly string[];
}

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface Member {
  readonly folder: string;
  readonly kind: 'packages' | 'services';
  readonly name: string;
  readonly manifest: Manifest;
}

const scope = '@kso/';
/** They stand below everything, so nothing they need may need them. */
const withoutTestkit = new Set(['wire', 'domain', 'kit']);

/** Dependencies obey the import table, references of `tsconfig.json` are the same as dependencies, versions stand in the catalog. */
export const checkDependencies: Check = (repository) => {
  const table = JSON.parse(repository.read('tools/lint/import-table.json')) as ImportTable;
  return membersOf(repository).flatMap((member) => [
    ...checkTable(member, table),
    ...checkVersions(member),
    ...checkReferences(member, repository),
  ]);
};

function membersOf(repository: Repository): Member[] {
  return repository.files.flatMap((file) => {
    const [, kind, name] = /^(packages|services)\/([^/]+)\/package\.json$/.exec(file) ?? [];
    if (kind === undefined || name === undefined) return [];
    const manifest = JSON.parse(repository.read(file)) as Manifest;
    return [{ folder: path.dirname(file), kind: kind as Member['kind'], name, manifest }];
  });
}

function checkTable({ folder, kind, name, manifest }: Member, table: ImportTable): Problem[] {
  const problems: Problem[] = [];
  if (manifest.name !== scope + name) problems.push(`${folder}/package.json: its name is not ${scope}${name}`);
  if (kind === 'packages' && table.packages[name] === undefined)
    problems.push(`${folder}: tools/lint/import-table.json does not know this package`);
  const isPackage = (target: string) => table.packages[target] !== undefined;
  const allowed = table.packages[name] ?? [];
  const mayImport = (target: string) => {
    if (target === 'wire') return true;
    if (kind === 'services') return isPackage(target) || table.composers.includes(name);
    return isPackage(target) && (allowed.includes('*') || allowed.includes(target));
  };
  const mayTestWith = (target: string) => mayImport(target) || (target === 'testkit' && !withoutTestkit.has(name));
  const report = (section: string, may: (target: string) => boolean, dependencies: Manifest['dependencies']) => {
    for (const target of ownOf(dependencies).filter((dependency) => !may(dependency)))
      problems.push(`${folder}/package.json: ${section} may not have ${scope}${target} (import table)`);
  };
  report(
    'dependencies',
    (target) => mayImport(target) && (target !== 'testkit' || kind !== 'services'),
    manifest.dependencies,
  );
  report('devDependencies', mayTestWith, manifest.devDependencies);
  return problems;
}

function checkVersions({ folder, manifest }: Member): Problem[] {
  const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  return all
    .filter(([name, version]) => version !== (name.startsWith(scope) ? 'workspace:*' : 'catalog:'))
    .map(([name, version]) => `${folder}/package.json: ${name} is ${version}, not workspace:* or catalog:`);
}

function checkReferences({ folder, manifest }: Member, repository: Repository): Problem[] {
  const file = `${folder}/tsconfig.json`;
  if (!repository.files.includes(file)) return [`${folder}: no tsconfig.json`];
  const { references = [] } = JSON.parse(repository.read(file)) as { references?: { path: string }[] };
  const referenced = new Set(references.map((reference) => path.basename(reference.path)));
  const needed = new Set(ownOf({ ...manifest.dependencies, ...manifest.devDependencies }));
  return [
    ...[...needed.difference(referenced)].map((name) => `${file}: no reference to ${name}, which is a dependency`),
    ...[...referenced.difference(needed)].map((name) => `${file}: a reference to ${name}, which is no dependency`),
  ];
}

function ownOf(dependencies: Manifest['dependencies'] = {}): string[] {
  return Object.keys(dependencies)
    .filter((name) => name.startsWith(scope))
    .map((name) => name.slice(scope.length));
}
