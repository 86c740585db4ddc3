import { z } from 'zod';
import { id, list, nullable, prose, time } from '../ingest/formats/fields.ts';

const text = nullable(z.string().max(2048)).transform((value) => value ?? '');

/** What a collector could not read (ours; Anchore's have none). */
const Gap = z.object({ kind: text, namespace: nullable(z.string().max(2048)), reason: text, detail: prose });
export type InventoryGap = z.output<typeof Gap>;

const Header = z.object({ cluster_name: id, timestamp: time, errors: list(Gap) });

/** KAI's document. */
export const KaiInventory = Header.extend({
  inventory_type: text,
  results: list(z.object({ namespace: id, images: list(z.object({ tag: text, repoDigest: text })) })),
});

/** The newer one, which names pods and nodes. */
export const KubernetesInventory = Header.extend({
  containers: list(z.object({ image_tag: text, image_digest: text, pod_uid: text })),
  namespaces: list(z.object({ name: id, uid: id })),
  nodes: list(z.object({ name: id, uid: id })),
  pods: list(z.object({ uid: id, namespace_uid: text, node_uid: text })),
});

/** Registration of a collector; all of it is kept, as the collector sent it. */
export const AgentRegistration = z.looseObject({
  registration_id: id,
  registration_instance_id: id,
  type: text,
  name: text,
  version: text,
  cluster_name: text,
});
export type AgentRegistration = z.output<typeof AgentRegistration>;

export const AgentHealth = z.looseObject({ uuid: id, timestamp: time });
export type AgentHealth = z.output<typeof AgentHealth>;

/** Either document, in one form. */
export interface ReportedInventory {
  readonly cluster: string;
  readonly type: string;
  readonly madeAt: number | undefined;
  readonly gaps: readonly InventoryGap[];
  readonly images: readonly ReportedImage[];
}

export interface ReportedImage {
  readonly namespace: string;
  readonly tag: string;
  readonly digest: string;
  /** Node → containers. */
  readonly uses: ReadonlyMap<string, number>;
}

export function fromKai(report: z.output<typeof KaiInventory>): ReportedInventory {
  const images = report.results.flatMap(({ namespace, images: found }) =>
    found.map(({ tag, repoDigest }) => ({ namespace, tag, digest: repoDigest, uses: new Map<string, number>() })),
  );
  return { ...headerOf(report), type: report.inventory_type || 'kubernetes', images };
}

export function fromKubernetes(report: z.output<typeof KubernetesInventory>): ReportedInventory {
  const namespaces = new Map(report.namespaces.map(({ uid, name }) => [uid, name]));
  const nodes = new Map(report.nodes.map(({ uid, name }) => [uid, name]));
  const pods = new Map(report.pods.map((pod) => [pod.uid, pod]));
  const images = new Map<string, ReportedImage & { readonly uses: Map<string, number> }>();
  for (const { image_tag: tag, image_digest: digest, pod_uid: podUid } of report.containers) {
    const pod = pods.get(podUid);
    const namespace = pod === undefined ? undefined : namespaces.get(pod.namespace_uid);
    // Nobody could find it again.
    if (pod === undefined || namespace === undefined || tag === '') continue;
    const key = JSON.stringify([namespace, tag, digest]);
    const image = images.get(key) ?? { namespace, tag, digest, uses: new Map<string, number>() };
    const node = nodes.get(pod.node_uid) ?? '';
    image.uses.set(node, (image.uses.get(node) ?? 0) + 1);
    images.set(key, image);
  }
  return { ...headerOf(report), type: 'kubernetes', images: [...images.values()] };
}

function headerOf({ cluster_name: cluster, timestamp: madeAt, errors: gaps }: z.output<typeof Header>) {
  return { cluster, madeAt, gaps };
}
