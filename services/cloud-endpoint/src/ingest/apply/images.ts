import type { DatabaseSync } from 'node:sqlite';
import { canonicalKind, parseImageReference } from '@kso/domain';
import { rows } from '@kso/store';

export interface ImageRef {
  readonly id: number;
  readonly key: string;
}

export interface WorkloadContainer {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly container: string;
}

export interface ImageFailure {
  readonly failureCase: number | undefined;
  readonly reason: string;
  readonly error: string | undefined;
  readonly at: number;
}

/** Images of a cluster, which containers run them, and scans of them that failed. */
export function createImages(sql: DatabaseSync) {
  const touch = sql.prepare(
    `INSERT INTO image (cluster_id, key, reference, hash, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (cluster_id, key) DO UPDATE SET
       reference = CASE WHEN excluded.last_seen >= last_seen THEN excluded.reference ELSE reference END,
       last_seen = max(last_seen, excluded.last_seen)
     RETURNING id`,
  );
  const run = sql.prepare(
    `INSERT INTO workload_image (cluster_id, namespace, kind, name, container, image, first_seen, last_seen)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (cluster_id, namespace, kind, name, container) DO UPDATE SET
       first_seen = CASE WHEN image = excluded.image THEN first_seen ELSE excluded.first_seen END,
       image = excluded.image, last_seen = excluded.last_seen
     WHERE excluded.last_seen >= last_seen`,
  );
  const failed = sql.prepare(
    `UPDATE image SET failed_at = ?, failure_case = ?, failure_reason = ?, failure_error = ?
     WHERE id = ? AND coalesce(failed_at, 0) <= ?`,
  );

  return {
    touch(clusterId: number, image: { readonly tag: string; readonly hash: string }, at: number): ImageRef {
      const key = imageKey(image);
      const row = touch.get(clusterId, key, image.tag || image.hash, image.hash, at, at);
      return { id: rows.integer(row ?? {}, 'id'), key };
    },
    run(clusterId: number, { namespace, kind, name, container }: WorkloadContainer, image: ImageRef, at: number): void {
      run.run(clusterId, namespace, canonicalKind(kind), name, container, image.id, at, at);
    },
    failed(image: ImageRef, { failureCase, reason, error, at }: ImageFailure): void {
      failed.run(at, failureCase ?? null, reason, error ?? null, image.id, at);
    },
  };
}

export type Images = ReturnType<typeof createImages>;

/** The digest, so that one image under several names is one image; without a digest the normal form of the reference. */
export function imageKey(image: { readonly tag: string; readonly hash: string }): string {
  const digest = /sha(256|384|512):[0-9a-f]{64,128}$/.exec(image.hash)?.[0];
  if (digest !== undefined) return digest;
  const parsed = parseImageReference(image.tag || image.hash);
  if (parsed.type === 'imageId') return parsed.digest;
  if (parsed.type === 'invalid') return parsed.text;
  const { registry, repository, tag, digest: written } = parsed.reference;
  return written ?? `${registry}/${repository}:${tag ?? 'latest'}`;
}
