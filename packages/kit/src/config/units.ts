/** Parsers of the units that configuration uses. Each gives undefined for text that it does not understand. */

const goUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Go's notation (`1h30m`, `1.5s`, `500ms`) and days (`7d`), in ms. A bare number has no unit and is refused, except 0. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(\d{1,15}(\.\d{1,9})?(ns|us|µs|μs|ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)([a-zµμ]+)/g)) {
    total += Number(amount) * (goUnits[unit ?? ''] ?? Number.NaN);
  }
  return Number.isFinite(total) ? total : undefined;
}

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Kubernetes' notation of sizes (`512Mi`, `1G`, `1048576`), in bytes. */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)(Ki|Mi|Gi|Ti|k|K|M|G|T)?B?$/.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Number(match[1]) * (sizeUnits[match[2] ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined;
}

/** Booleans as people and charts write them. */
export function parseBoolean(text: string): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case 'true':
    case '1':
    case 'yes':
    case 'on':
    case 'enable':
    case 'enabled':
      return true;
    case 'false':
    case '0':
    case 'no':
    case 'off':
    case 'disable':
    case 'disabled':
      return false;
    default:
      return undefined;
  }
}

export interface HostPort {
  /** Without brackets, also for IPv6. */
  readonly host: string;
  readonly port: number;
}

/** `gateway:8002`, `10.0.0.1:80`, `[2001:db8::1]:443`. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]{2,64})\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}
