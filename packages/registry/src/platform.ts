/** Operating system and processor that an image is made for. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

/** `os/arch[/variant]`; a bare architecture means `linux/<arch>` (kubevuln.md 1.2). Undefined for anything else. */
export function parsePlatform(text: string): Platform | undefined {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9._-]+$/.test(part))) return undefined;
  const [first = '', architecture, variant] = parts;
  if (architecture === undefined) return { os: 'linux', architecture: first };
  return { os: first, architecture, ...(variant === undefined ? {} : { variant }) };
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined || variant === '' ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** True if an image of `have` runs where `want` is asked for. Without a variant any variant will do; `arm64` and `arm64/v8` are the same. */
export function platformMatches(have: Platform, want: Platform): boolean {
  if (have.os !== want.os || have.architecture !== want.architecture) return false;
  const wanted = normalVariant(want);
  return wanted === undefined || normalVariant(have) === undefined || normalVariant(have) === wanted;
}

function normalVariant({ architecture, variant }: Platform): string | undefined {
  if (variant === undefined || variant === '') return undefined;
  return architecture === 'arm64' && variant === 'v8' ? undefined : variant;
}
