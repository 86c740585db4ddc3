/** Writes a value as block YAML, the way people and Helm write manifests. Only for what JSON can carry. */
export function toYaml(value: unknown): string {
  return `${lines(value, '').join('\n')}\n`;
}

function lines(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => underDash(item, indent));
  const fields = Object.entries(value as Record<string, unknown>).filter(([, field]) => field !== undefined);
  return fields.flatMap(([key, field]) => {
    const name = `${indent}${scalar(key)}:`;
    if (isEmptyOrScalar(field)) return [`${name} ${scalar(field)}`];
    // kubectl and Helm do not indent a list below its key.
    return [name, ...lines(field, Array.isArray(field) ? indent : `${indent}  `)];
  });
}

function underDash(item: unknown, indent: string): string[] {
  if (isEmptyOrScalar(item)) return [`${indent}- ${scalar(item)}`];
  const [first = '', ...rest] = lines(item, `${indent}  `);
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
}

function isEmptyOrScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object' || Object.keys(value).length === 0;
}

/** Plain where that cannot be mistaken for something else; JSON, which is YAML, otherwise. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const isPlain = /^[A-Za-z/][\w./-]*$/.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}
