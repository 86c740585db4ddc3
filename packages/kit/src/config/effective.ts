import { redactText } from '../redact.ts';
import { redacted, Secret } from '../secret.ts';
import type { Leaf } from './schema-tree.ts';

/** Value and source of each leaf, fit for a log: secrets and credentials in URLs are replaced. */
export function describeConfig(
  config: unknown,
  leaves: readonly Leaf[],
  sources: Readonly<Record<string, string>>,
): Record<string, { value: unknown; source: string }> {
  return Object.fromEntries(
    leaves.map((leaf) => {
      const key = leaf.path.join('.');
      return [key, { value: shown(at(config, leaf.path), leaf.secret), source: sources[key] ?? 'default' }];
    }),
  );
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
