/**
 * A container image reference in its one normal form. Every service uses this parser, so the same text means the same image
 * everywhere. The grammar is the one of OCI distribution with Docker's defaults (`docker.io`, `library/`, `latest`).
 */
export interface ImageReference {
  /** As given, for display. */
  readonly written: string;
  /** Host and optional port, lower-case: `docker.io`, `localhost:5000`, `[2001:db8::1]:5000`. */
  readonly registry: string;
  /** Path below the registry, `library/` included: `library/nginx`. */
  readonly repository: string;
  /** `latest` when neither a tag nor a digest is written; absent when only a digest is. */
  readonly tag?: string;
  /** `sha256:<64 hex>`, `sha384:…` or `sha512:…`. */
  readonly digest?: string;
}

/** What a text in an `image` field turned out to be. */
export type ParsedImageReference =
  | { readonly type: 'reference'; readonly reference: ImageReference }
  /** The id of an image on a node: it names no registry, so the pod's `status.imageID` has to tell where it came from. */
  | { readonly type: 'imageId'; readonly digest: string }
  | { readonly type: 'invalid'; readonly text: string; readonly reason: string };

const defaultRegistry = 'docker.io';
const maxTextLength = 1024;
const maxRepositoryLength = 255;
const hexLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Prefixes that container runtimes put before an image in a pod's status. */
const runtimeScheme = /^(?:docker-pullable|docker|containerd|cri-o):\/\//;
const hostName = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;
const ipv6Literal = /^\[[0-9a-f:.]+\]$/i;
const pathComponent = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const tagText = /^\w[\w.-]{0,127}$/;

/** Reads an image reference as it stands in a pod spec, a status or a command. Never throws: the text is a stranger's. */
export function parseImageReference(text: string): ParsedImageReference {
  const plain = text.replace(runtimeScheme, '');
  const imageId = imageIdOf(plain);
  if (imageId !== undefined) return { type: 'imageId', digest: imageId };
  const parts = split(plain);
  const problem = problemOfText(text, plain) ?? problemOfParts(parts);
  if (problem !== undefined) return { type: 'invalid', text: text.slice(0, maxTextLength), reason: problem };

  const { path, digest } = parts;
  const registry = canonicalRegistry(parts.registry);
  const repository = registry === defaultRegistry && !path.includes('/') ? `library/${path}` : path;
  const tag = parts.tag ?? (digest === undefined ? 'latest' : undefined);
  return {
    type: 'reference',
    reference: {
      written: text,
      registry,
      repository,
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    },
  };
}

/** The normal form: `docker.io/library/nginx:1.27@sha256:…`. Parsing it gives the same reference again. */
export function formatImageReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${repositoryName(reference)}${tag}${digest}`;
}

/** What tells two images apart: the digest if there is one, otherwise the normal form with its tag. */
export function imageIdentity(reference: ImageReference): string {
  return reference.digest ?? formatImageReference(reference);
}

/** `registry/repository` without tag and digest. */
export function repositoryName(reference: Pick<ImageReference, 'registry' | 'repository'>): string {
  return `${reference.registry}/${reference.repository}`;
}

/** One name per registry: lower-case, and Docker Hub's other name `index.docker.io` becomes `docker.io`. */
export function canonicalRegistry(registry: string): string {
  const host = registry.toLowerCase();
  return host === 'index.docker.io' || host === '' ? defaultRegistry : host;
}

/** True if both texts name the same registry. */
export function sameRegistry(a: string, b: string): boolean {
  return canonicalRegistry(a) === canonicalRegistry(b);
}

/** True for `sha256:<64 hex>` and its longer relatives, hexadecimal digits in lower case. */
export function isDigest(text: string): boolean {
  return problemOfDigest(text) === undefined;
}

function imageIdOf(text: string): string | undefined {
  if (/^[0-9a-f]{64}$/.test(text)) return `sha256:${text}`;
  return isDigest(text) ? text : undefined;
}

interface Parts {
  readonly registry: string;
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

function split(text: string): Parts {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const registry = registryOf(name);
  const rest = registry === '' ? name : name.slice(registry.length + 1);
  const colon = rest.lastIndexOf(':');
  return {
    registry,
    path: colon < 0 ? rest : rest.slice(0, colon),
    tag: colon < 0 ? undefined : rest.slice(colon + 1),
    digest: at < 0 ? undefined : text.slice(at + 1),
  };
}

/** The first path component is a registry if it cannot be the name of a Docker Hub user: it has a dot, a colon, a capital, or is `localhost`. */
function registryOf(name: string): string {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  return /[.:[\]A-Z]/.test(first) || first === 'localhost' ? first : '';
}

function problemOfText(text: string, plain: string): string | undefined {
  if (text === '') return 'the reference is empty';
  if (text.length > maxTextLength) return `longer than ${maxTextLength} characters`;
  return plain.includes('://') ? 'a URL, not an image reference' : undefined;
}

function problemOfParts({ registry, path, tag, digest }: Parts): string | undefined {
  return (
    (digest === undefined ? undefined : problemOfDigest(digest)) ??
    problemOfRegistry(registry) ??
    problemOfPath(path) ??
    problemOfTag(tag)
  );
}

function problemOfRegistry(registry: string): string | undefined {
  if (registry === '') return undefined;
  // A host by its capitals alone: in lower case, the one form of hosts, it would be somebody's name on Docker Hub.
  if (!/[.:[\]]/.test(registry) && registry.toLowerCase() !== 'localhost') {
    return `repository names are lower-case: "${registry}"`;
  }
  const port = /:(\d*)$/.exec(registry.replace(/^\[[^\]]*\]/, ''));
  const host = port === null ? registry : registry.slice(0, registry.length - port[0].length);
  if (!hostName.test(host) && !ipv6Literal.test(host)) return `"${registry}" is not a registry host`;
  if (port === null) return undefined;
  const number = Number(port[1]);
  return port[1] === '' || number < 1 || number > 65_535 ? `"${registry}" has no valid port` : undefined;
}

function problemOfPath(path: string): string | undefined {
  if (path === '') return 'the repository name is missing';
  if (path.length > maxRepositoryLength) return `the repository name is longer than ${maxRepositoryLength} characters`;
  const bad = path.split('/').find((component) => !pathComponent.test(component));
  if (bad === undefined) return undefined;
  return bad === bad.toLowerCase()
    ? `"${bad}" is not a valid part of a repository name`
    : `repository names are lower-case: "${bad}"`;
}

function problemOfTag(tag: string | undefined): string | undefined {
  return tag === undefined || tagText.test(tag) ? undefined : `"${tag}" is not a valid tag`;
}

function problemOfDigest(digest: string): string | undefined {
  const colon = digest.indexOf(':');
  const algorithm = colon < 0 ? '' : digest.slice(0, colon);
  const length = Object.hasOwn(hexLengths, algorithm) ? hexLengths[algorithm] : undefined;
  if (length === undefined) return 'the digest algorithm is not sha256, sha384 or sha512';
  const hex = digest.slice(colon + 1);
  return hex.length === length && /^[0-9a-f]+$/.test(hex)
    ? undefined
    : `a ${algorithm} digest has ${length} lower-case hexadecimal digits`;
}
