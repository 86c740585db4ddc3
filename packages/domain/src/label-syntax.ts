const name = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const prefix = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Whether an API server takes it as the key of a label or annotation.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0) return name.test(key);
  return slash <= 253 && prefix.test(key.slice(0, slash)) && name.test(key.slice(slash + 1));
}

/** Whether an API server takes it as the value of a label. */
export function isLabelValue(value: string): boolean {
  return value === '' || name.test(value);
}
