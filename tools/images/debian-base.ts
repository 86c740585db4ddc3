// npx -y pnpm@12 images:base
// Makes the lowest layer of test images that look like real ones: a Debian 12 userland, once a machine (about 40 s, 50 MB).
// Root and debootstrap; the packages come from the mirror that apt uses. Prints the file's path.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { debianBaseFile } from '@kso/testkit/images';
import { withLock } from '../programs/lock.ts';

const suite = 'bookworm';

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${`${stdout}${stderr}`.slice(-2000)}`);
  return stdout;
}

/** The mirror that apt uses; without one debootstrap takes its own default. */
function mirror(): string[] {
  const format = '$(REPO_URI) $(CODENAME) $(COMPONENT)';
  const targets = run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const line = targets.split('\n').find((target) => target.endsWith(` ${suite} main`));
  return line?.split(' ').slice(0, 1) ?? [];
}

function makeBase(target: string): void {
  const work = mkdtempSync(path.join(tmpdir(), 'kso-debian-'));
  try {
    const root = path.join(work, 'root');
    run('debootstrap', ['--variant=minbase', '--include=ca-certificates', suite, root, ...mirror()]);
    for (const folder of ['var/cache/apt', 'var/lib/apt/lists', 'var/log', 'dev', 'proc', 'sys'])
      rmSync(path.join(root, folder), { recursive: true, force: true });
    const archive = path.join(work, 'base.tar.gz');
    // The same packages give the same layer: no dates, no order of the disk.
    const stable = ['--sort=name', '--mtime=@0', '--numeric-owner', '--use-compress-program=gzip -n -6'];
    run('tar', [...stable, '-cf', archive, '-C', root, '.']);
    mkdirSync(path.dirname(target), { recursive: true });
    const beside = `${target}.${process.pid}`;
    run('cp', [archive, beside]);
    renameSync(beside, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const file = debianBaseFile();
await withLock(
  path.dirname(file),
  'debian-base',
  () => console.error('another process is making it'),
  async () => {
    if (!existsSync(file)) makeBase(file);
  },
);
console.log(file);
