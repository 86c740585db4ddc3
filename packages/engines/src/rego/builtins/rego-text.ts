/** A value as Rego writes it: `["a", {"b": 1}]`, keys in order. */
export function regoText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(regoText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${regoText(item)}`).join(', ')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
