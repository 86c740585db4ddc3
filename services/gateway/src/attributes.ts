/** What a client registers with and what a notification is addressed to: names and values, case-sensitive. */
export type Attributes = Readonly<Record<string, string>>;

/**
 * A connection matches when at least one name is on both sides and every shared name has the same value (operator-gateway.md 3.3).
 * Names on one side only do not count; hence an empty target reaches nobody.
 */
export function matches(connection: Attributes, target: Attributes): boolean {
  let shared = false;
  for (const name in target) {
    const value = connection[name];
    if (value === undefined) continue;
    if (value !== target[name]) return false;
    shared = true;
  }
  return shared;
}

/** Attributes have no prototype: `constructor` and `__proto__` are names like any other. */
export function attributesOf(pairs: Iterable<readonly [string, string]>): Attributes {
  const attributes = Object.create(null) as Record<string, string>;
  for (const [name, value] of pairs) attributes[name] ??= value;
  return attributes;
}

export function isEmpty(attributes: Attributes): boolean {
  return Object.keys(attributes).length === 0;
}
