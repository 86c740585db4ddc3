export type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The named members of an object whatever case they are written in, under the names asked for (operator-gateway.md 0.1). Of two
 * spellings the last one counts, as with the decoder that the senders were written for. `null` is absent.
 */
export function fieldsOf<Name extends string>(value: Fields, names: readonly Name[]): Partial<Record<Name, unknown>> {
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  const found: Partial<Record<Name, unknown>> = {};
  for (const [key, member] of Object.entries(value)) {
    const name = byLowerCase.get(key.toLowerCase());
    if (name === undefined) continue;
    if (member === null) delete found[name];
    else found[name] = member;
  }
  return found;
}
