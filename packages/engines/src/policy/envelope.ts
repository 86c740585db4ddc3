import { isRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';

/**
 * The object with an envelope that is what its type says, or undefined if it has no name or kind. Manifests hold `annotations: null`
 * and worse; below the envelope everything is read with care anyway.
 */
export function acceptedObject(received: KubeObject): KubeObject | undefined {
  const object: unknown = received;
  if (!isRecord(object) || !isText(object['apiVersion']) || !isText(object['kind'])) return undefined;
  const metadata = object['metadata'];
  if (!isRecord(metadata) || !isText(metadata['name'])) return undefined;
  const wrong = Object.entries(metadata).filter(([field, value]) => !fits(field, value));
  if (wrong.length === 0) return received;
  const fields = new Set(wrong.map(([field]) => field));
  return {
    ...received,
    metadata: {
      ...Object.fromEntries(Object.entries(metadata).filter(([field]) => !fields.has(field))),
      name: metadata['name'],
    },
  };
}

function fits(field: string, value: unknown): boolean {
  switch (field) {
    case 'namespace':
      return typeof value === 'string';
    case 'labels':
    case 'annotations':
      return isRecord(value);
    case 'ownerReferences':
      return Array.isArray(value) && value.every(isRecord);
    default:
      return true;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
