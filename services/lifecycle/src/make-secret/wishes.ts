import { parseArgs } from 'node:util';
import type { Read } from '../run.ts';

/** A Secret and what has to be in it. */
export interface Wish {
  readonly name: string;
  /** Key → its value, or undefined for a random one. */
  readonly keys: ReadonlyMap<string, string | undefined>;
}

export interface Wishes {
  /** Default: that of the pod or of the kubeconfig's context. */
  readonly namespace: string | undefined;
  readonly secrets: readonly Wish[];
}

export const usage = `usage: make-secret [--namespace NAME] (--secret NAME (--random KEY | --value KEY=TEXT)...)...
  fills keys that are missing in existing Secrets; keys that are there stay as they are`;

/** `--random` and `--value` belong to the `--secret` before them. */
export function readWishes(argv: readonly string[]): Read<Wishes> {
  const options = {
    namespace: { type: 'string' },
    secret: { type: 'string', multiple: true },
    random: { type: 'string', multiple: true },
    value: { type: 'string', multiple: true },
  } as const;
  let parsed: ReturnType<typeof parse>;
  const parse = () => parseArgs({ args: [...argv], options, tokens: true });
  try {
    parsed = parse();
  } catch {
    // The message of parseArgs quotes what it was given.
    return { ok: false, problem: 'make-secret: these arguments are not understood' };
  }
  const secrets: { name: string; keys: Map<string, string | undefined> }[] = [];
  for (const token of parsed.tokens) {
    if (token.kind !== 'option' || token.name === 'namespace') continue;
    const value = token.value ?? '';
    const current = secrets.at(-1);
    if (token.name === 'secret') secrets.push({ name: value, keys: new Map() });
    else if (current === undefined)
      return { ok: false, problem: `make-secret: --${token.name} comes before any --secret` };
    else {
      const [, key = value, text] = token.name === 'value' ? (/^([^=]+)=([\s\S]*)$/.exec(value) ?? []) : [];
      if (token.name === 'value' && text === undefined)
        return { ok: false, problem: 'make-secret: --value wants KEY=TEXT' };
      current.keys.set(key, text);
    }
  }
  const isNamed = secrets.every(({ name, keys }) => name !== '' && keys.size > 0 && !keys.has(''));
  if (secrets.length === 0 || !isNamed)
    return { ok: false, problem: 'make-secret: name at least one Secret, and for each at least one key' };
  return { ok: true, value: { namespace: parsed.values.namespace, secrets } };
}
