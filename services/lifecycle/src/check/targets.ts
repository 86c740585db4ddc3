import { parseArgs } from 'node:util';
import type { Read } from '../run.ts';

/** Something that has to answer. */
export interface Target {
  readonly kind: 'http' | 'websocket';
  /** For people. */
  readonly name: string;
  readonly url: URL;
}

export interface Targets {
  readonly targets: readonly Target[];
  /** How long each may take to answer, in ms. */
  readonly waitMs: number;
  /** A token that is shown at handshakes. */
  readonly tokenFile?: string;
}

export const usage = `usage: check [--wait SECONDS] [--token-file FILE] (--http NAME=URL | --websocket NAME=URL)...
  asks each until it answers; prints one line for each. Websockets are shown the token`;

const schemes = { http: ['http:', 'https:'], websocket: ['ws:', 'wss:'] } as const;

export function readTargets(argv: readonly string[]): Read<Targets> {
  const options = {
    wait: { type: 'string', default: '60' },
    'token-file': { type: 'string' },
    http: { type: 'string', multiple: true, default: [] as string[] },
    websocket: { type: 'string', multiple: true, default: [] as string[] },
  } as const;
  try {
    const { values } = parseArgs({ args: [...argv], options });
    const seconds = Number(values.wait);
    const targets = [
      ...values.http.map((text) => readTarget('http', text)),
      ...values.websocket.map((text) => readTarget('websocket', text)),
    ];
    const known = targets.filter((target) => target !== undefined);
    if (known.length < targets.length || known.length === 0 || !(seconds >= 0))
      return { ok: false, problem: 'check: wants NAME=URL with the right scheme, and seconds' };
    const { 'token-file': tokenFile } = values;
    return {
      ok: true,
      value: { targets: known, waitMs: seconds * 1000, ...(tokenFile === undefined ? {} : { tokenFile }) },
    };
  } catch {
    return { ok: false, problem: 'check: these arguments are not understood' };
  }
}

function readTarget(kind: Target['kind'], text: string): Target | undefined {
  const [, name, address = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const url = URL.parse(address);
  if (name === undefined || url === null || !schemes[kind].some((scheme) => scheme === url.protocol)) return undefined;
  return { kind, name, url };
}
