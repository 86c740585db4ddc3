import type { KubeObject, OwnerReference } from '@kso/wire';

/**
 * The owner that manages an object: the reference marked `controller`, else the first one. A Node is no owner: static pods carry
 * one, and nothing about the workload is to be found there.
 */
export function controllerOf(object: Pick<KubeObject, 'metadata'>): OwnerReference | undefined {
  const owners: unknown = object.metadata.ownerReferences;
  if (!Array.isArray(owners)) return undefined;
  const usable = (owners as unknown[]).filter(isOwnerReference).filter((owner) => owner.kind !== 'Node');
  return usable.find((owner) => owner.controller === true) ?? usable[0];
}

function isOwnerReference(value: unknown): value is OwnerReference {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind, name } = value as Record<string, unknown>;
  return typeof apiVersion === 'string' && typeof kind === 'string' && typeof name === 'string';
}
