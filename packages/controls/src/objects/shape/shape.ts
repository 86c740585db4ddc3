/**
 * The types of fields, as far as controls read them. Only what stands in a shape is looked at; null is absent, as the API server
 * takes it.
 */
export type Shape =
  | 'text'
  | 'boolean'
  | 'number'
  /** A number or a text: ports, quantities. */
  | 'scalar'
  | 'texts'
  /** Texts by name: labels, selectors. */
  | 'textMap'
  | 'scalarMap'
  | { readonly list: Shape }
  | { readonly fields: ReadonlyMap<string, Shape> };

export function fields(of: Readonly<Record<string, Shape>> = {}): Shape {
  return { fields: new Map(Object.entries(of)) };
}

export function list(of: Shape): Shape {
  return { list: of };
}

/** Several fields of one type. */
export function each(shape: Shape, ...names: readonly string[]): Readonly<Record<string, Shape>> {
  return Object.fromEntries(names.map((name) => [name, shape]));
}
