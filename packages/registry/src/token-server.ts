import { isIP } from 'node:net';

/** Domains below which hosts belong to different owners: only the very same host is trusted there. */
const sharedDomains = [
  'amazonaws.com',
  'azurecr.io',
  'azurewebsites.net',
  'cloudfront.net',
  'github.io',
  'pkg.dev',
  'run.app',
];

/** Registries whose token server has always been somewhere else. */
const knownTokenServers: Readonly<Record<string, readonly string[]>> = {
  'registry.redhat.io': ['sso.redhat.com'],
};

/**
 * True if a login for `registry` may be shown to the token server that this registry names (B29): the same host, a host of the same
 * owner's domain (`auth.docker.io` for `registry-1.docker.io`), or one of `trusted`. Docker's own clients send it to any.
 */
export function isOwnTokenServer(registry: string, realm: URL, trusted: readonly string[] = []): boolean {
  const own = hostNameOf(registry);
  const other = realm.hostname.toLowerCase();
  if (own === other || trusted.includes(realm.host) || trusted.includes(other)) return true;
  if (Object.hasOwn(knownTokenServers, own) && knownTokenServers[own]?.includes(other) === true) return true;
  const domain = ownDomain(own);
  return domain !== undefined && domain === ownDomain(other);
}

/** The part of a name that one owner registers; undefined for addresses and where only the provider of the name is known. */
function ownDomain(host: string): string | undefined {
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) return undefined;
  const labels = host.split('.');
  const [second = '', top = ''] = labels.slice(-2);
  // `co.uk`, `com.au`: names are registered one level below.
  const depth = top.length === 2 && second.length <= 3 ? 3 : 2;
  if (labels.length < depth) return undefined;
  const domain = labels.slice(-depth).join('.');
  return sharedDomains.includes(domain) ? undefined : domain;
}

function hostNameOf(registry: string): string {
  return (URL.parse(`https://${registry}`)?.hostname ?? registry).toLowerCase();
}
