/** A W3C `traceparent` (version 00 form) as it stands in a header or a job, or undefined when it is none. */
export function validTraceparent(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/.exec(value);
  if (match === null || value.startsWith('ff') || /^0+$/.test(match[1] ?? '') || /^0+$/.test(match[2] ?? ''))
    return undefined;
  return value;
}
