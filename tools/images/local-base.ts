import { createHash } from 'node:crypto';
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commitFolder, imageExists } from './buildah.ts';
import { run, succeeds } from './run.ts';

/** What Node and a TLS client need of Debian, and what tells a scanner which Debian it is. No shell, no package manager. */
const packages = 'base-files ca-certificates libatomic1 libc6 libgcc-s1 libstdc++6 netbase tzdata'.split(' ');
const unneeded = ['usr/share/man', 'usr/share/locale', 'usr/share/lintian', 'usr/lib/*/gconv', 'usr/sbin', 'sbin'];
const show = ['show', '--no-all-versions', ...packages];
const nonRoot = 65_532;

/**
 * A base image for machines without an outside registry, of the same shape as the public distroless Node image:
 * Debian's packages by apt (each with its control file in `/var/lib/dpkg/status.d`), and the running Node in
 * `/nodejs/bin`. Made once for each set of versions. Answers its name. Takes Debian with lists of apt, buildah and root.
 */
export function localBase(): string {
  // A new machine has no lists.
  if (!succeeds('apt-cache', show)) run('apt-get', ['update', '-qq']);
  const known = run('apt-cache', show);
  const versions = known.match(/^(Package|Version): .*$/gm) ?? [];
  const script = readFileSync(import.meta.filename);
  const hash = createHash('sha256').update(versions.join('\n')).update(process.version).update(script).digest('hex');
  const name = `localhost/kso-node-base:${hash.slice(0, 12)}`;
  if (imageExists(name)) return name;
  const work = mkdtempSync(path.join(tmpdir(), 'kso-base-'));
  try {
    const root = path.join(work, 'root');
    unpackDebian(path.join(work, 'packages'), root);
    finish(root);
    commitFolder(root, name);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return name;
}

function unpackDebian(downloads: string, root: string): void {
  mkdirSync(downloads, { recursive: true });
  mkdirSync(path.join(root, 'var/lib/dpkg/status.d'), { recursive: true });
  // apt drops its rights for downloads, and a folder of root's is closed to it.
  run('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', ...packages], { cwd: downloads });
  for (const file of globSync('*.deb', { cwd: downloads })) {
    const archive = path.join(downloads, file);
    run('dpkg-deb', ['-x', archive, root]);
    const [name = file] = file.split('_');
    writeFileSync(path.join(root, 'var/lib/dpkg/status.d', name), run('dpkg-deb', ['-f', archive]));
  }
  for (const pattern of unneeded)
    for (const folder of globSync(pattern, { cwd: root })) rmSync(path.join(root, folder), { recursive: true });
}

function finish(root: string): void {
  const inRoot = (file: string) => path.join(root, file);
  const certificates = globSync('usr/share/ca-certificates/mozilla/*.crt', { cwd: root }).toSorted();
  const bundle = certificates.map((file) => readFileSync(inRoot(file), 'utf8')).join('');
  mkdirSync(inRoot('etc/ssl/certs'), { recursive: true });
  writeFileSync(inRoot('etc/ssl/certs/ca-certificates.crt'), bundle);
  const user = (name: string, number: number, home: string) =>
    `${name}:x:${number}:${number}:${name}:${home}:/sbin/nologin\n`;
  writeFileSync(inRoot('etc/passwd'), user('root', 0, '/root') + user('nonroot', nonRoot, '/home/nonroot'));
  writeFileSync(inRoot('etc/group'), `root:x:0:\nnonroot:x:${nonRoot}:\n`);
  writeFileSync(inRoot('etc/nsswitch.conf'), 'hosts: files dns\n');
  mkdirSync(inRoot('nodejs/bin'), { recursive: true });
  cpSync(process.execPath, inRoot('nodejs/bin/node'), { dereference: true });
  chmodSync(inRoot('nodejs/bin/node'), 0o755);
  mkdirSync(inRoot('tmp'), { recursive: true });
  chmodSync(inRoot('tmp'), 0o1777);
  run('ldconfig', ['-r', root]);
}
