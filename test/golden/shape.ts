/** Paths whose keys are data and not part of the format. */
const maps = [
  /^summaryDetails(?:\.frameworks\[\])?\.controls$/,
  /controlConfigurations$/,
  /namespaceToNumberOfResources$/,
];
/** What stands below these is the cluster's own. */
const opaque = [/^resources\[\]\.object$/];

/** The keys of a JSON document with the types that stand there: `results[].controls[].status.status` → string. */
export function shapeOf(document: unknown): ReadonlyMap<string, ReadonlySet<string>> {
  const shape = new Map<string, Set<string>>();
  visit(document, '', shape);
  return shape;
}

function visit(value: unknown, path: string, shape: Map<string, Set<string>>): void {
  if (path !== '') shape.set(path, (shape.get(path) ?? new Set()).add(typeOf(value)));
  if (opaque.some((pattern) => pattern.test(path))) return;
  if (Array.isArray(value)) for (const item of value as unknown[]) visit(item, `${path}[]`, shape);
  else if (typeof value === 'object' && value !== null)
    for (const [key, child] of Object.entries(value)) {
      const name = maps.some((pattern) => pattern.test(path)) ? '*' : key;
      visit(child, path === '' ? name : `${path}.${name}`, shape);
    }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
