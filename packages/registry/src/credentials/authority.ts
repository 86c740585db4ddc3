import { canonicalRegistry } from '@kso/domain';

/** For what a login is meant: a registry host, optionally only below a path of it. */
export interface Authority {
  /** Lower-case `host[:port]`; Docker Hub is `docker.io` by any of its names. May hold `*` for a part of the name. */
  readonly host: string;
  /** Repository prefix without slashes at its ends, or empty. */
  readonly path: string;
}

const hubHosts = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);

/**
 * Reads the key of a docker configuration or a `serveraddress`: a host, a host with a path, or a URL. Only `://` makes a URL, as a host
 * may begin with "http". Undefined when there is no host in it.
 */
export function parseAuthority(text: string): Authority | undefined {
  const scheme = text.indexOf('://');
  const rest = (scheme < 0 ? text : text.slice(scheme + 3)).trim();
  const slash = rest.indexOf('/');
  const written = (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? '' : rest.slice(slash).replace(/^\/+|\/+$/g, '');
  const host = hubHosts.has(written) ? 'docker.io' : written;
  if (!/^[a-z0-9*[][a-z0-9.*:[\]-]*$/.test(host)) return undefined;
  // `https://index.docker.io/v1/` names Docker Hub's old API, not a repository; the same habit exists for other registries.
  return { host, path: /^v[12]$/.test(path) ? '' : path };
}

/** True if a login for `authority` may be sent to this registry for this repository. Hosts are compared part by part, never by substring. */
export function covers(authority: Authority, registry: string, repository: string): boolean {
  if (!hostMatches(authority.host, canonicalRegistry(registry))) return false;
  return authority.path === '' || repository === authority.path || repository.startsWith(`${authority.path}/`);
}

function hostMatches(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host;
  const [patternName, patternPort] = splitPort(pattern);
  const [name, port] = splitPort(host);
  const want = patternName.split('.');
  const have = name.split('.');
  if (patternPort !== port || want.length !== have.length) return false;
  return want.every((part, index) => partMatches(part, have[index] ?? ''));
}

/** `*` stands for any characters within one part of a name, as in Kubernetes' image pull secrets. */
function partMatches(pattern: string, part: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return part === pattern;
  if (!part.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const piece of rest) {
    const found = part.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return part.length - last.length >= at && part.endsWith(last);
}

function splitPort(host: string): [string, string | undefined] {
  const colon = /:(\d+)$/.exec(host);
  return colon === null ? [host, undefined] : [host.slice(0, colon.index), colon[1]];
}
