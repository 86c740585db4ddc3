import type { TarEntry } from './tar.ts';

/** The files by which a scanner sees that a Python package is installed: what pip leaves in `site-packages`. */
export function pythonPackage(name: string, version: string): TarEntry[] {
  const module = name.toLowerCase().replaceAll('-', '_');
  const folder = 'usr/lib/python3/dist-packages';
  const info = `${folder}/${module}-${version}.dist-info`;
  return [
    { type: 'file', path: `${folder}/${module}/__init__.py`, content: `__version__ = "${version}"\n` },
    { type: 'file', path: `${info}/METADATA`, content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n` },
    { type: 'file', path: `${info}/RECORD`, content: `${module}/__init__.py,,\n` },
    { type: 'file', path: `${info}/top_level.txt`, content: `${module}\n` },
    { type: 'file', path: `${info}/INSTALLER`, content: 'pip\n' },
  ];
}

/** A Debian package database with these packages, as dpkg keeps it, and the file that names the distribution. */
export function debianPackages(packages: Readonly<Record<string, string>>): TarEntry[] {
  const status = Object.entries(packages).map(
    ([name, version]) =>
      `Package: ${name}\nStatus: install ok installed\nMaintainer: none\nArchitecture: amd64\nVersion: ${version}\nDescription: ${name}\n`,
  );
  const release = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n';
  return [
    { type: 'file', path: 'etc/os-release', content: release },
    { type: 'file', path: 'var/lib/dpkg/status', content: `${status.join('\n')}\n` },
  ];
}
