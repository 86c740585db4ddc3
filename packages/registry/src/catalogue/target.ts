import { canonicalRegistry } from '@kso/domain';
import type { RegistryTarget } from './port.ts';
import { providerOf, type RegistryProvider } from './provider.ts';

/** A target with its parts told apart. */
export interface ReadTarget {
  /** As in references. */
  readonly host: string;
  /** Only repositories below it; empty for all. */
  readonly project: string;
  readonly provider: RegistryProvider;
  readonly plainHttp: boolean | undefined;
}

/** Undefined when there is no host in it. A URL's scheme says how to speak to it. */
export function readTarget({ registry, provider, plainHttp }: RegistryTarget): ReadTarget | undefined {
  const scheme = /^(https?):\/\//i.exec(registry)?.[1]?.toLowerCase();
  const rest = registry.trim().replace(/^https?:\/\//i, '');
  const [written = '', ...path] = rest.split('/');
  const host = canonicalRegistry(written);
  // A port is part of the name, also the usual one, which URLs leave out.
  const { hostname, port } = URL.parse(`https://${host}`) ?? {};
  if (written === '' || ![hostname, `${hostname}:${port || '443'}`].includes(host)) return undefined;
  const project = path
    .filter((part) => part !== '')
    .join('/')
    .replace(/^v[12]$/, '');
  if (project !== '' && !/^[a-z0-9._/-]+$/.test(project)) return undefined;
  return {
    host,
    project,
    provider: provider ?? providerOf(host) ?? 'distribution',
    plainHttp: plainHttp ?? (scheme === 'http' || undefined),
  };
}

/** True for the project itself and what is below it. */
export function isBelow(project: string, repository: string): boolean {
  return project === '' || repository === project || repository.startsWith(`${project}/`);
}
