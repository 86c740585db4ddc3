import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { isDigest, parseImageReference } from '@kso/domain';
import { parseDocument } from '@kso/domain/yaml';
import semver from 'semver';
import { jsonPatch } from './json-patch.ts';
import { findN, replace, split } from './regular-expressions.ts';
import { sprintf } from './sprintf.ts';
import { textFunctions } from './text.ts';

/** What WebAssembly calls the host for. A function that is undefined, or throws, makes the expression of the rule undefined. */
export type HostFunction = (...values: unknown[]) => unknown;

/** Ends the evaluation of a rule that needs something this program does not have; it is not a mistake of the rule. */
export class MissingVerifier extends Error {
  override readonly name = 'MissingVerifier';
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** The functions of OPA that its WebAssembly leaves to the host, as far as policies use them, and the three of Kubescape (scanner.md 14.1). */
const functions: Readonly<Record<string, HostFunction>> = {
  ...textFunctions,
  sprintf,
  'json.patch': jsonPatch,
  'regex.find_n': findN,
  'regex.split': split,
  'regex.replace': replace,
  'semver.is_valid': (value) => isText(value) && parsedVersion(value) !== null,
  'semver.compare': (a, b) => {
    const [left, right] = [parsedVersion(a), parsedVersion(b)];
    return left === null || right === null ? undefined : semver.compare(left, right);
  },
  'yaml.is_valid': (value) => isText(value) && parseDocument(value).outcome === 'parsed',
  'yaml.unmarshal': (value) => {
    if (!isText(value)) return undefined;
    const parsed = parseDocument(value);
    return parsed.outcome === 'parsed' ? parsed.values[0] : undefined;
  },
  'base64url.encode_no_pad': (value) => (isText(value) ? Buffer.from(value).toString('base64url') : undefined),
  'hex.encode': (value) => (isText(value) ? Buffer.from(value).toString('hex') : undefined),
  'hex.decode': (value) =>
    isText(value) && /^(?:[0-9a-fA-F]{2})*$/.test(value) ? Buffer.from(value, 'hex').toString() : undefined,
  'crypto.md5': (value) => digest('md5', value),
  'crypto.sha1': (value) => digest('sha1', value),
  'crypto.sha256': (value) => digest('sha256', value),
  'object.subset': (whole, part) => isSubset(whole, part),
  'net.cidr_is_valid': (value) => isText(value) && isCidr(value),
  'time.now_ns': () => Date.now() * 1e6,
  'time.parse_rfc3339_ns': (value) => {
    const parsed = isText(value) && /^\d{4}-\d\d-\d\d[Tt]/.test(value) ? Date.parse(value) : Number.NaN;
    return Number.isNaN(parsed) ? undefined : parsed * 1e6;
  },
  'time.parse_duration_ns': (value) => (isText(value) ? durationNs(value) : undefined),
  /** Nothing of the machine is shown to rules. */
  'opa.runtime': () => ({}),
  trace: () => true,
  'image.parse_normalized_name': (value) => (isText(value) ? normalizedImage(value) : undefined),
  'cosign.verify': missingVerifier,
  'cosign.has_signature': missingVerifier,
};

export const hostFunctions: Readonly<Record<string, HostFunction>> = Object.fromEntries(
  Object.entries(functions).map(([name, implementation]) => [name, undefinedForErrors(implementation)]),
);

function undefinedForErrors(implementation: HostFunction): HostFunction {
  return (...values) => {
    try {
      return implementation(...values);
    } catch (error) {
      if (error instanceof MissingVerifier) throw error;
      return undefined;
    }
  };
}

function missingVerifier(): never {
  throw new MissingVerifier('it needs a verifier of image signatures, and the scan has none');
}

/** Strictly a semantic version: npm's own parser forgives a leading `v`. */
function parsedVersion(value: unknown): semver.SemVer | null {
  return isText(value) && /^\d/.test(value) ? semver.parse(value) : null;
}

function digest(algorithm: string, value: unknown): string | undefined {
  return isText(value) ? createHash(algorithm).update(value).digest('hex') : undefined;
}

function isSubset(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.every((item) => whole.some((one) => isSubset(one, item)));
  }
  if (typeof part === 'object' && part !== null) {
    if (typeof whole !== 'object' || whole === null) return false;
    return Object.entries(part).every(
      ([key, value]) => Object.hasOwn(whole, key) && isSubset((whole as Record<string, unknown>)[key], value),
    );
  }
  return whole === part;
}

function isCidr(value: string): boolean {
  const [address = '', bits = ''] = value.split('/');
  const version = isIP(address);
  return version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

const unitNs: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };

function durationNs(value: string): number | undefined {
  if (!/^[+-]?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(value)) return undefined;
  let sum = 0;
  for (const [, digits, unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(digits) * (unitNs[unit] ?? 0);
  }
  return value.startsWith('-') ? -sum : sum;
}

/** `nginx` becomes `docker.io/library/nginx`; tag and digest stay as they are written, and none is added. */
function normalizedImage(text: string): string | undefined {
  const parsed = parseImageReference(text);
  if (parsed.type !== 'reference') return undefined;
  const { registry, repository, tag, digest: pinned } = parsed.reference;
  const rest = text.slice(text.lastIndexOf('/') + 1);
  const hasTag = rest.split('@')[0]?.includes(':') === true;
  const suffix = pinned !== undefined && isDigest(pinned) ? `@${pinned}` : '';
  return `${registry}/${repository}${hasTag ? `:${tag ?? ''}` : ''}${suffix}`;
}
