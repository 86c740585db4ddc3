/** Where a package of an OSV ecosystem stands in a Grype database (schema v6). */
export interface EcosystemMapping {
  /** `packages.ecosystem`. */
  readonly ecosystem: string;
  /** `ranges[].version.type`: how versions compare. */
  readonly versionType: string;
  readonly provider: string;
  readonly packageName: string;
  readonly distribution?: Distribution;
}

/** A row of `operating_systems`. */
export interface Distribution {
  readonly name: string;
  readonly releaseId: string;
  readonly major: string;
  readonly minor: string;
  readonly codename: string;
}

interface LanguageEcosystem {
  readonly ecosystem: string;
  readonly versionType: string;
  readonly normalise?: (name: string) => string;
}

const languages: Readonly<Record<string, LanguageEcosystem>> = {
  PyPI: { ecosystem: 'python', versionType: 'python', normalise: (name) => name.replace(/[-_.]+/g, '-').toLowerCase() },
  Go: { ecosystem: 'go-module', versionType: 'go' },
  npm: { ecosystem: 'npm', versionType: 'npm' },
  Maven: { ecosystem: 'java-archive', versionType: 'maven' },
  'crates.io': { ecosystem: 'rust-crate', versionType: 'semver' },
  RubyGems: { ecosystem: 'gem', versionType: 'gem' },
  Packagist: { ecosystem: 'php-composer', versionType: 'semver' },
  NuGet: { ecosystem: 'dotnet', versionType: 'semver' },
  Hex: { ecosystem: 'hex', versionType: 'semver' },
  Pub: { ecosystem: 'dart-pub', versionType: 'semver' },
};

const debianCodenames: Readonly<Record<string, string>> = { '11': 'bullseye', '12': 'bookworm', '13': 'trixie' };
const ubuntuCodenames: Readonly<Record<string, string>> = { '20.04': 'focal', '22.04': 'jammy', '24.04': 'noble' };

/**
 * Maps an OSV ecosystem and package name, e.g. `PyPI`/`Jinja2` or `Debian:12`/`openssl`.
 * Undefined when the ecosystem is not one that the writer knows.
 */
export function mapEcosystem(osvEcosystem: string, name: string): EcosystemMapping | undefined {
  const language = languages[osvEcosystem];
  if (language !== undefined) {
    const packageName = language.normalise?.(name) ?? name;
    return { ecosystem: language.ecosystem, versionType: language.versionType, provider: 'github', packageName };
  }
  const separator = osvEcosystem.indexOf(':');
  if (separator < 0) return undefined;
  const distribution = mapDistribution(osvEcosystem.slice(0, separator), osvEcosystem.slice(separator + 1));
  if (distribution === undefined) return undefined;
  const { ecosystem, versionType } = formats[distribution.name] ?? debianFormat;
  return { ecosystem, versionType, provider: distribution.releaseId, packageName: name, distribution };
}

interface PackageFormat {
  readonly ecosystem: string;
  readonly versionType: string;
}

const debianFormat: PackageFormat = { ecosystem: 'deb', versionType: 'dpkg' };

/** By `operating_systems.name`; the others are Debian's. */
const formats: Readonly<Record<string, PackageFormat>> = {
  alpine: { ecosystem: 'apk', versionType: 'apk' },
  redhat: { ecosystem: 'rpm', versionType: 'rpm' },
};

function mapDistribution(name: string, release: string): Distribution | undefined {
  switch (name) {
    case 'Debian':
      return {
        name: 'debian',
        releaseId: 'debian',
        major: release,
        minor: '',
        codename: debianCodenames[release] ?? '',
      };
    case 'Ubuntu': {
      // OSV writes `22.04:LTS` or `Pro:22.04:LTS`; only the plain releases have a feed of their own here
      const version = /^(\d+)\.(\d+)(?::LTS)?$/.exec(release);
      if (version === null) return undefined;
      const [, major = '', minor = ''] = version;
      const codename = ubuntuCodenames[`${major}.${minor}`] ?? '';
      return { name: 'ubuntu', releaseId: 'ubuntu', major, minor: String(Number(minor)), codename };
    }
    case 'Alpine': {
      const version = /^v(\d+)\.(\d+)$/.exec(release);
      if (version === null) return undefined;
      const [, major = '', minor = ''] = version;
      return { name: 'alpine', releaseId: 'alpine', major, minor, codename: '' };
    }
    case 'Red Hat': {
      // OSV writes `enterprise_linux:9::baseos`; Grype's feed is one for all repositories of a major release.
      const version = /^enterprise_linux:(\d+)(::|$)/.exec(release);
      if (version === null) return undefined;
      return { name: 'redhat', releaseId: 'rhel', major: version[1] ?? '', minor: '', codename: '' };
    }
    default:
      return undefined;
  }
}
