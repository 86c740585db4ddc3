import { hash } from 'node:crypto';
import { isRecord, type UnknownRecord } from '@kso/domain';
import type { KubeObject, ObjectMeta } from '@kso/wire';
import { packText } from './packed-text.ts';
import type { Entry } from './sections.ts';

/** An entry that is kept as text, with what tells whether a later state says anything new. */
export interface TextEntry extends Entry {
  readonly fingerprint: string;
}

/** The whole object: namespaces and services. */
export function objectEntry(object: KubeObject): TextEntry {
  return wholeEntry(JSON.stringify(object));
}

/**
 * A Secret without anything that was in it (kollector.md 6.2): no `data`, no `stringData`, and no annotation that carries a copy of them or
 * is long enough to. Only fields that are known to be harmless are taken over.
 */
export function secretEntry({ apiVersion, kind, metadata, ...fields }: KubeObject): TextEntry {
  const { type, immutable } = fields;
  const redacted = {
    apiVersion,
    kind,
    metadata: { ...metadata, ...redactedAnnotations(metadata) },
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof immutable === 'boolean' ? { immutable } : {}),
  };
  return wholeEntry(JSON.stringify(redacted));
}

const longestAnnotationBytes = 1024;
const copiesOfSecrets = new Set(['data', 'kubectl.kubernetes.io/last-applied-configuration']);

function redactedAnnotations({ annotations }: ObjectMeta): { annotations?: Record<string, string> } {
  if (!isRecord(annotations)) return {};
  const kept = Object.entries(annotations).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' &&
      !copiesOfSecrets.has(entry[0]) &&
      Buffer.byteLength(entry[1]) <= longestAnnotationBytes,
  );
  return { annotations: Object.fromEntries(kept) };
}

/** All of `status` at the top and the name (kollector.md 6.1). A heartbeat alone does not change the fingerprint. */
export function nodeEntry({ metadata, status }: KubeObject): TextEntry {
  const fields: UnknownRecord = isRecord(status) ? status : {};
  const name = JSON.stringify(metadata.name);
  const packed = packText(JSON.stringify({ ...fields, name: metadata.name }));
  return {
    fingerprint: fingerprintOf(JSON.stringify({ ...fields, ...withoutHeartbeats(fields) })),
    text: () => packed.read(),
    deletedText: () => name,
  };
}

function withoutHeartbeats({ conditions }: UnknownRecord): { conditions?: unknown[] } {
  if (!Array.isArray(conditions)) return {};
  return {
    conditions: conditions.map((condition: unknown) =>
      isRecord(condition) ? { ...condition, lastHeartbeatTime: undefined } : condition,
    ),
  };
}

function wholeEntry(text: string): TextEntry {
  const packed = packText(text);
  const read = () => packed.read();
  return { fingerprint: fingerprintOf(text), text: read, deletedText: read };
}

function fingerprintOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
