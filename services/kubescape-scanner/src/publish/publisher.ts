import type { OutboxEntry, Store } from '@kso/store';
import type { JsonValue, ResourceResult } from '@kso/wire';
import type { ReportPart } from '../scan/report-parts.ts';
import type { ChangeBatch } from '../worker/protocol.ts';

/** Kind of the posture results in the store; the key is the resource id. */
export const postureResultKind = 'posture';
export const postureReportPath = '/k8s/v2/postureReport';

export interface ReportOrigin {
  readonly reportGuid: string;
  readonly clusterName: string;
  readonly jobId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** Writes changed results and the report about them, or neither. @throws STORE_FULL and others of the store */
export function storeChanges(store: Store, batch: ChangeBatch, clusterName: string, now: number): void {
  store.transaction(() => {
    for (const result of batch.changed)
      store.results.put({
        kind: postureResultKind,
        key: result.resourceId,
        idempotencyKey: result.idempotencyKey,
        body: bodyOf(result),
        storedAt: now,
      });
    for (const id of batch.removed) store.results.delete(postureResultKind, id);
    store.outbox.put(batch.parts.map((part) => outboxEntry(part, { reportGuid: batch.reportGuid, clusterName })));
  });
}

/** A part of a report on its way to the CloudEndpoint. The same part of the same report has the same key. */
export function outboxEntry({ index, body }: ReportPart, origin: ReportOrigin): OutboxEntry {
  const { reportGuid, clusterName, jobId, parentId, traceparent } = origin;
  return {
    idempotencyKey: `posture/${reportGuid}/${index}`,
    path: postureReportPath,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(),
    group: `posture/${clusterName}`,
    ...(jobId === undefined ? {} : { jobId }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

const pageSize = 500;

/** What is stored already, by resource id. */
export function storedKeys(store: Store): Map<string, string> {
  const keys = new Map<string, string>();
  let after: string | undefined;
  for (;;) {
    const page = store.results.list(postureResultKind, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const { key, idempotencyKey } of page) keys.set(key, idempotencyKey);
    after = page.at(-1)?.key;
    if (page.length < pageSize || after === undefined) return keys;
  }
}

/** A result is plain data by construction. */
function bodyOf(result: ResourceResult): JsonValue {
  return result as unknown as JsonValue;
}
