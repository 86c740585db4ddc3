import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/** Folders in the root of a package that its code does not need. Deeper ones may be code: `yaml/dist/doc` is. */
const idleFolders = new Set(
  'test tests __tests__ docs example examples bench benchmark benchmarks coverage .github .vscode'.split(' '),
);
/** Type declarations, sources, source maps, prose. Licences stay. */
const idleFile = /\.([cm]?ts|tsx|map|md|markdown|tsbuildinfo)$/;
const licence = /^(licen[cs]e|notice|copying)/i;
/** A file of the same package, named in an import or for a worker. */
const ownReference = /['"](\.\.?\/[^'"]+\.js)['"]/g;

/** Removes from a deployed package and its `node_modules` what does not run. */
export function prune(packageFolder: string): void {
  const modules = path.join(packageFolder, 'node_modules');
  for (const folder of packagesIn(modules)) {
    if (path.basename(path.dirname(folder)) === '@kso') pruneOwn(folder);
    else prunePackage(folder);
  }
  rmSync(path.join(modules, '@types'), { recursive: true, force: true });
}

/** Of our own packages stays what a program or another package can reach: no tests, nor what only tests import. */
function pruneOwn(folder: string): void {
  for (const name of readdirSync(folder))
    if (name.startsWith('tsconfig') || name === 'src') rmSync(path.join(folder, name), { recursive: true });
  const dist = path.join(folder, 'dist');
  if (!existsSync(dist)) return;
  const needed = new Set<string>();
  const visit = (file: string): void => {
    if (needed.has(file) || !existsSync(file)) return;
    needed.add(file);
    for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(ownReference))
      visit(path.resolve(path.dirname(file), target));
  };
  const files = readdirSync(dist, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  // A package may have several programs, each a `main.js` in its own folder.
  const programs = files.filter((file) => path.basename(file) === 'main.js');
  for (const entry of [...programs, ...exportsOf(folder)]) visit(entry);
  for (const file of files) if (!needed.has(file)) rmSync(file);
}

function exportsOf(folder: string): string[] {
  const { exports = {} } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    exports?: Record<string, { compiled: string }>;
  };
  const entries = Object.entries(exports).filter(([name]) => name !== './testing');
  return entries.map(([, { compiled }]) => path.join(folder, compiled));
}

function prunePackage(folder: string): void {
  for (const name of readdirSync(folder))
    if (idleFolders.has(name)) rmSync(path.join(folder, name), { recursive: true });
  walk(folder, (name, isFolder) => !isFolder && isIdle(name));
  const nested = path.join(folder, 'node_modules');
  if (existsSync(nested)) for (const inner of packagesIn(nested)) prunePackage(inner);
}

function isIdle(name: string): boolean {
  return idleFile.test(name) && !licence.test(name);
}

function walk(folder: string, isUnneeded: (name: string, isFolder: boolean) => boolean): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (isUnneeded(entry.name, entry.isDirectory())) rmSync(full, { recursive: true });
    else if (entry.isDirectory()) walk(full, isUnneeded);
  }
}

function packagesIn(modules: string): string[] {
  return readdirSync(modules).flatMap((name) => {
    const folder = path.join(modules, name);
    return name.startsWith('@') ? readdirSync(folder).map((inner) => path.join(folder, inner)) : [folder];
  });
}
