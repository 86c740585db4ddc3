import { hash } from 'node:crypto';
import { isRecord, recordAt, type UnknownRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { microserviceText } from './microservices.ts';
import type { TextEntry } from './object-entries.ts';
import { packText } from './packed-text.ts';
import type { OwnerDataForm } from './workload-owner.ts';

/**
 * A CronJob as a microservice (kollector.md 6.5): a pod that does not exist, with the CronJob's metadata and the spec of its template. When
 * it last ran is no change of it.
 */
export function cronJobEntry(cronJob: KubeObject, podSpecId: number, form: OwnerDataForm): TextEntry {
  const { apiVersion, kind, metadata } = cronJob;
  const jobSpec = recordAt(recordAt(specOf(cronJob), 'jobTemplate'), 'spec');
  const spec = recordAt(recordAt(jobSpec, 'template'), 'spec');
  const pod = JSON.stringify({ kind, apiVersion, metadata, spec });
  const { name, namespace, uid } = metadata;
  const data =
    form === 'full' ? cronJob : { kind, apiVersion, metadata: { name, namespace, uid }, spec: specOf(cronJob) };
  const owner = { kind, name, data: packText(JSON.stringify(data)), specHash: '' };
  const packed = packText(microserviceText(pod, owner, podSpecId));
  const { labels, annotations } = metadata;
  const text = () => packed.read();
  const fingerprint = hash('sha256', JSON.stringify([uid, specOf(cronJob), labels, annotations]), 'base64url');
  return { fingerprint, text, deletedText: text };
}

function specOf({ spec }: KubeObject): UnknownRecord {
  return isRecord(spec) ? spec : {};
}
