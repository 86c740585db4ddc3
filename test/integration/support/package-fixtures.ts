import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TarEntry } from '@kso/testkit/images';

/** Real packages of known vulnerable versions, from their registries by the registries' own clients. */

/** Jinja2 as pip leaves it in `dist-packages`. */
export function realPythonPackage(name: string, version: string): TarEntry[] {
  return inFolder((folder) => {
    const options = ['install', '--quiet', '--no-deps', '--no-compile', '--disable-pip-version-check'];
    run('pip3', [...options, '--root-user-action', 'ignore', '--target', folder, `${name}==${version}`]);
    return entriesOf(folder, 'usr/lib/python3/dist-packages');
  });
}

/** A package as npm leaves it in `node_modules`. */
export function realNodePackage(name: string, version: string): TarEntry[] {
  return inFolder((folder) => {
    run('npm', ['pack', '--silent', `${name}@${version}`], folder);
    const [archive = ''] = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
    run('tar', ['-xzf', archive], folder);
    return entriesOf(path.join(folder, 'package'), `usr/lib/node_modules/${name}`);
  });
}

/** A program of Go that is built with a module. */
export function realGoProgram(module: string, version: string, used: string): TarEntry[] {
  return inFolder((folder) => {
    const source = `package main\n\nimport (\n\t"fmt"\n\tused "${module}/${used}"\n)\n\nfunc main() { fmt.Println(used.English) }\n`;
    writeFileSync(path.join(folder, 'main.go'), source);
    writeFileSync(path.join(folder, 'go.mod'), `module example.test/app\n\ngo 1.21\n\nrequire ${module} ${version}\n`);
    run('go', ['build', '-o', 'app', '.'], folder, { GOFLAGS: '-mod=mod', CGO_ENABLED: '0' });
    return [{ type: 'file', path: 'app', content: readFileSync(path.join(folder, 'app')), mode: 0o755 }];
  });
}

/** A Java archive with the properties by which Maven's packages are known. */
export function javaArchive(group: string, artifact: string, version: string): TarEntry[] {
  return inFolder((folder) => {
    const inside = `META-INF/maven/${group}/${artifact}`;
    mkdirSync(path.join(folder, inside), { recursive: true });
    const properties = `groupId=${group}\nartifactId=${artifact}\nversion=${version}\n`;
    writeFileSync(path.join(folder, inside, 'pom.properties'), properties);
    const manifest = `Manifest-Version: 1.0\nImplementation-Title: ${artifact}\nImplementation-Version: ${version}\n`;
    writeFileSync(path.join(folder, 'META-INF/MANIFEST.MF'), manifest);
    run('zip', ['-q', '-r', 'a.jar', 'META-INF'], folder);
    const content = readFileSync(path.join(folder, 'a.jar'));
    return [{ type: 'file', path: `opt/app/${artifact}-${version}.jar`, content }];
  });
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-packages-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function entriesOf(folder: string, target: string): TarEntry[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((file) => {
    const found = path.join(file.parentPath, file.name);
    return { type: 'file', path: path.join(target, path.relative(folder, found)), content: readFileSync(found) };
  });
}

function run(program: string, args: readonly string[], cwd?: string, env: NodeJS.ProcessEnv = {}): void {
  const options = { encoding: 'utf8', env: { ...process.env, ...env }, ...(cwd === undefined ? {} : { cwd }) } as const;
  const ended: SpawnSyncReturns<string> = spawnSync(program, args, options);
  if (ended.status !== 0) throw new Error(`${program} ${args[0] ?? ''} failed: ${ended.stderr.slice(-1000)}`);
}
