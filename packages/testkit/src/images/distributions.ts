import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fail } from '../errors.ts';
import { requireProgram } from '../programs.ts';
import type { TarEntry } from './tar.ts';

/** An Alpine package database with these packages, as apk keeps it, and the files that name the distribution. */
export function alpinePackages(packages: Readonly<Record<string, string>>): TarEntry[] {
  const installed = Object.entries(packages).map(
    ([name, version]) => `P:${name}\nV:${version}\nA:x86_64\nT:${name}\no:${name}\nL:MIT\n`,
  );
  const release = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n';
  return [
    { type: 'file', path: 'etc/os-release', content: release },
    { type: 'file', path: 'etc/alpine-release', content: '3.19.1\n' },
    { type: 'file', path: 'lib/apk/db/installed', content: `${installed.join('\n')}\n` },
  ];
}

export interface RpmPackage {
  readonly name: string;
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
}

/** A Red Hat package database with these packages, written by `rpm` itself. @throws PROGRAM_MISSING, PROGRAM_ENDED */
export function redHatPackages(packages: readonly RpmPackage[]): TarEntry[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-rpm-'));
  try {
    const root = path.join(folder, 'root');
    mkdirSync(root);
    const built = packages.map((item) => buildRpm(folder, item));
    const options = ['--root', root, '--dbpath', '/var/lib/rpm', '--justdb', '--nodeps', '--ignoreos', '--ignorearch'];
    run('rpm', [...options, '-i', ...built]);
    const file = path.join(root, 'var/lib/rpm/rpmdb.sqlite');
    const database = new DatabaseSync(file);
    // What is still in its log would be lost with it.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    const release = 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="9.3"\n';
    return [
      { type: 'file', path: 'etc/os-release', content: release },
      { type: 'file', path: 'var/lib/rpm/rpmdb.sqlite', content: readFileSync(file) },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function buildRpm(folder: string, { name, epoch, version, release }: RpmPackage): string {
  const spec = path.join(folder, `${name}.spec`);
  const fields = { Name: name, Epoch: epoch, Version: version, Release: release, Summary: name, License: 'none' };
  const head = Object.entries(fields).map(([key, value]) => `${key}: ${value}`);
  writeFileSync(spec, `${head.join('\n')}\nBuildArch: noarch\n%description\n${name}\n%files\n`);
  const top = path.join(folder, 'build');
  run('rpmbuild', ['-bb', '--quiet', '--define', `_topdir ${top}`, spec]);
  return path.join(top, 'RPMS/noarch', `${name}-${version}-${release}.noarch.rpm`);
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(requireProgram(program), args, { encoding: 'utf8' });
  if (status !== 0) throw fail('PROGRAM_ENDED', { program, status: String(status), log: stderr.slice(-1000) });
}
