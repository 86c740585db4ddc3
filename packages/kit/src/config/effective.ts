import { redactText } from '../redact.ts';
import { redacted, Secret } from '../secret.ts';
import type { Leaf } from './schema-tree.ts';

/** One setting as it is in effect, for people and logs; secrets are redacted. */
export interface EffectiveSetting {
  /** Dotted path. */
  readonly setting: string;
  readonly value: unknown;
  /** `default`, `file <path>`, `env <NAME>` or `option`. */
  readonly source: string;
}

/** Value and source of each leaf. Credentials in URLs are replaced too. */
export function describeConfig(
  config: unknown,
  leaves: readonly Leaf[],
  sources: Readonly<Record<string, string>>,
): EffectiveSetting[] {
  return leaves.map((leaf) => {
    const setting = leaf.path.join('.');
    return { setting, value: shown(at(config, leaf.path), leaf.secret), source: sources[setting] ?? 'default' };
  });
}

function shown(value: unknown, secret: boolean): unknown {
  if (value === undefined) return null;
  if (secret || value instanceof Secret) return redacted;
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map((item) => shown(item, false));
  return value;
}

function at(value: unknown, path: readonly string[]): unknown {
  let current: unknown = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}
