/** A package URL in its parts (https://github.com/package-url/purl-spec), percent-decoded. */
export interface PackageUrl {
  readonly type: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly qualifiers: ReadonlyMap<string, string>;
}

/** Undefined for text that is no package URL. */
export function parsePackageUrl(text: string): PackageUrl | undefined {
  const [rest = '', query = ''] = withoutFragment(text).split('?', 2);
  if (!rest.startsWith('pkg:')) return undefined;
  const path = rest.slice('pkg:'.length).replace(/^\/+/, '');
  const at = path.lastIndexOf('@');
  const versioned = at > path.lastIndexOf('/');
  const segments = (versioned ? path.slice(0, at) : path).split('/').map(decode);
  const [type = '', ...names] = segments;
  const name = names.pop() ?? '';
  if (type === '' || name === '') return undefined;
  return {
    type: type.toLowerCase(),
    namespace: names.join('/'),
    name,
    version: versioned ? decode(path.slice(at + 1)) : undefined,
    qualifiers: new Map([...new URLSearchParams(query)].map(([key, value]) => [key.toLowerCase(), value])),
  };
}

/** True if `wanted` names the package: type, namespace and name are equal, version and qualifiers where it states them (kubevuln.md 9.4). */
export function packageUrlCovers(wanted: PackageUrl, installed: PackageUrl): boolean {
  return (
    wanted.type === installed.type &&
    wanted.namespace === installed.namespace &&
    wanted.name === installed.name &&
    (wanted.version === undefined || wanted.version === installed.version) &&
    [...wanted.qualifiers].every(([key, value]) => installed.qualifiers.get(key) === value)
  );
}

function withoutFragment(text: string): string {
  const end = text.indexOf('#');
  return end < 0 ? text : text.slice(0, end);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
