/** A JSON object whose type has been looked at and nothing else. */
export type LooseObject = Readonly<Record<string, unknown>>;

/**
 * The members of a client's object under the names that we know, whatever letter case the client writes them in; the exact spelling wins
 * when there are both (kubevuln.md 1.2). Unknown members are left out.
 */
export function readKeys(object: LooseObject, names: readonly string[]): Record<string, unknown> {
  const byLowerCase = new Map(Object.keys(object).map((key) => [key.toLowerCase(), key]));
  const found: Record<string, unknown> = {};
  for (const name of names) {
    const key = Object.hasOwn(object, name) ? name : byLowerCase.get(name.toLowerCase());
    if (key !== undefined) found[name] = object[key];
  }
  return found;
}

export function isObject(value: unknown): value is LooseObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
