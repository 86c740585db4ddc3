import { isRecord, isWorkload } from '@kso/domain';
import type { RegoObject } from './objects.ts';
import type { RegoResource } from './port.ts';
import type { InputItem } from './rule-input.ts';

/** What a rule made itself, or named without our having it. */
export type MadeResource = Pick<RegoResource, 'object'>;

export function resourceOf({ id, object, namespace, origin }: RegoObject): RegoResource {
  const { apiVersion, kind, metadata } = object;
  return {
    id,
    object,
    weight: weightOf(object),
    namespace,
    apiVersion,
    kind,
    name: metadata.name,
    ...(origin === undefined ? {} : { origin }),
  };
}

export function resourceOfItem({ id, object, namespace, source }: InputItem): RegoResource {
  if (source !== undefined) return resourceOf(source);
  const text = (field: string): string => (typeof object[field] === 'string' ? object[field] : '');
  return { id, object, weight: 1, namespace, apiVersion: text('apiGroup'), kind: text('kind'), name: text('name') };
}

/** Replicas, as the risk score counts them (scanner.md 11.3). */
function weightOf(object: RegoObject['object']): number {
  const spec = isWorkload(object) ? object['spec'] : undefined;
  const replicas = isRecord(spec) ? spec['replicas'] : undefined;
  return typeof replicas === 'number' && replicas > 1 ? replicas * 1.1 : 1;
}
