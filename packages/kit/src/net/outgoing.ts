import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { getCACertificates } from 'node:tls';
import { fail } from '../error-table.ts';
import { Secret } from '../secret.ts';
import { type DirectRules, directRules } from './direct.ts';

/** How this process reaches the outside: one set of values for every client, child process and websocket (B40). */
export interface Outgoing {
  /** Proxy for `https:` and `wss:`; may hold credentials. */
  readonly httpsProxy?: Secret;
  readonly httpProxy?: Secret;
  readonly direct: DirectRules;
  /** As it is handed on to child processes: the configured list and what is never sent through the proxy. */
  readonly noProxy: string;
  /** System roots and the extra ones, in PEM; undefined when there are no extra ones and the default is right. */
  readonly ca?: readonly string[];
  /** Files and folders that the extra ones are in. */
  readonly caPaths?: readonly string[];
}

export interface OutgoingOptions {
  /** Hosts beyond the usual ones that are inside: Redis, the API server of a kubeconfig. Names, IPs or CIDR ranges. */
  readonly inside?: readonly string[];
}

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` (lower case wins, as with curl) and `KSO_CA_FILE`: a file with extra
 * CAs or a folder of such files, or several of them with `:` between, as `SSL_CERT_DIR` has it.
 * The API server (`KUBERNETES_SERVICE_HOST`) is always reached directly. @throws PROXY_INVALID, CA_UNREADABLE
 */
export function readOutgoing(env: NodeJS.ProcessEnv, options: OutgoingOptions = {}): Outgoing {
  const httpsProxy = proxyUrl(env, ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']);
  const httpProxy = proxyUrl(env, ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']);
  const configured = (env['no_proxy'] || env['NO_PROXY'] || '').split(/[\s,]+/);
  const apiServer = env['KUBERNETES_SERVICE_HOST'];
  const inside = [...(options.inside ?? []), ...(apiServer ? [apiServer] : [])];
  const rules = [...configured, ...inside].filter((rule) => rule !== '');
  const caPaths = (env['KSO_CA_FILE'] ?? '').split(delimiter).filter((item) => item !== '');
  return {
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(httpProxy === undefined ? {} : { httpProxy }),
    direct: directRules(rules),
    noProxy: [...new Set([...rules, 'localhost', '127.0.0.1', '.svc', '.cluster.local'])].join(','),
    ...(caPaths.length === 0 ? {} : { caPaths: caPaths.map((item) => resolve(item)), ca: readCas(caPaths) }),
  };
}

/** The proxy for a URL, or undefined when it is reached directly. */
export function proxyFor(url: URL, outgoing: Outgoing): Secret | undefined {
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const proxy = secure ? outgoing.httpsProxy : outgoing.httpProxy;
  if (proxy === undefined) return undefined;
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  return outgoing.direct.matches(url.hostname, port) ? undefined : proxy;
}

/**
 * Variables that give a child process (Syft, Grype, OPA, git) the same way out. Go programs add `SSL_CERT_DIR` to the system's bundle,
 * Node programs take `NODE_EXTRA_CA_CERTS`.
 */
export function childNetworkEnv(outgoing: Outgoing): Record<string, string> {
  const env: Record<string, string> = {};
  const set = (name: string, value: string): void => {
    env[name] = value;
    env[name.toLowerCase()] = value;
  };
  if (outgoing.httpsProxy !== undefined) set('HTTPS_PROXY', outgoing.httpsProxy.reveal());
  if (outgoing.httpProxy !== undefined) set('HTTP_PROXY', outgoing.httpProxy.reveal());
  if (outgoing.httpsProxy !== undefined || outgoing.httpProxy !== undefined) set('NO_PROXY', outgoing.noProxy);
  if (outgoing.caPaths !== undefined) {
    const folders = outgoing.caPaths.map((item) => (isFolder(item) ? item : dirname(item)));
    env['SSL_CERT_DIR'] = [...new Set(['/etc/ssl/certs', ...folders])].join(delimiter);
    const file = outgoing.caPaths.find((item) => !isFolder(item));
    if (file !== undefined) env['NODE_EXTRA_CA_CERTS'] = file;
  }
  return env;
}

function proxyUrl(env: NodeJS.ProcessEnv, names: readonly string[]): Secret | undefined {
  const variable = names.find((name) => env[name]);
  if (variable === undefined) return undefined;
  const value = env[variable] ?? '';
  // `proxy.example.com:3128` without a scheme is usual.
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || !isDecodable(url)) {
    throw fail('PROXY_INVALID', { variable });
  }
  return new Secret(url.href);
}

/** A bare `%` in a password would only be noticed at the first connection. */
function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}

function readCas(paths: readonly string[]): string[] {
  return [...getCACertificates('default'), ...paths.flatMap(filesOf).flatMap(readCa)];
}

/** A Secret that is mounted as a folder has its keys as links, and the kubelet's own links begin with two dots. */
function filesOf(path: string): string[] {
  if (!isFolder(path)) return [path];
  const files = readdirSync(path)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(path, name))
    .filter((file) => !isFolder(file));
  if (files.length === 0) throw fail('CA_UNREADABLE', { file: path, problem: 'the folder is empty' });
  return files;
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function readCa(file: string): string[] {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    throw fail('CA_UNREADABLE', { file, problem: 'the file cannot be read' }, error);
  }
  const extra = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (extra.length === 0) throw fail('CA_UNREADABLE', { file, problem: 'no PEM certificate in it' });
  if (!extra.every(isCertificate)) throw fail('CA_UNREADABLE', { file, problem: 'a certificate is damaged' });
  return extra;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
