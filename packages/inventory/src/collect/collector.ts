import { type Clock, describeError, KsoError, type Logger } from '@kso/kit';
import { createTurns, type KubeClient } from '@kso/kube';
import type { KubeObject } from '@kso/wire';
import type { CollectSettings } from '../config/settings.ts';
import { fail } from '../errors.ts';
import type { ClusterInventory, Gap, InventoryContainer, InventoryPod, NamespaceInventory } from '../model.ts';
import { containersOf } from './containers.ts';
import { mapOf, recordAt, textOf } from './fields.ts';
import { gapOf } from './gaps.ts';
import { selectNamespaces } from './namespaces.ts';
import { collectNodes } from './nodes.ts';

export interface CollectPorts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

const podKind = { group: '', kind: 'Pod' };
/** The whole collection may take this many request timeouts. */
const deadlineFactor = 5;

/**
 * One inventory of the cluster. What could not be read is a gap in it, not a failure; only when no namespace could be read there is
 * none. @throws NAMESPACES_UNREADABLE, COLLECTION_TIMEOUT
 */
export async function collectInventory(settings: CollectSettings, ports: CollectPorts): Promise<ClusterInventory> {
  const { client, clock, logger } = ports;
  const done = new AbortController();
  const deadlineMs = settings.requestTimeoutMs * deadlineFactor;
  const deadline = new AbortController();
  void clock.sleep(deadlineMs, done.signal).then(
    () => deadline.abort(fail('COLLECTION_TIMEOUT', { seconds: deadlineMs / 1000 })),
    () => undefined,
  );
  const signal = ports.signal === undefined ? deadline.signal : AbortSignal.any([ports.signal, deadline.signal]);
  try {
    const takenAt = clock.now();
    const selected = await selectNamespaces(client, settings, { logger, signal });
    const [serverVersion, nodes, read] = await Promise.all([
      versionOf(client, logger, signal),
      collectNodes(client, settings, signal),
      readNamespaces(selected.namespaces, settings, { ...ports, signal }),
    ]);
    const gaps = [...selected.gaps, ...nodes.gaps, ...read.gaps];
    if (read.namespaces.length === 0 && read.gaps.some(({ reason }) => reason !== 'vanished'))
      throw fail('NAMESPACES_UNREADABLE', { reason: read.gaps[0]?.detail ?? 'pods cannot be read' });
    for (const gap of gaps) logger.warn({ ...gap }, 'the inventory is not complete');
    if (read.withoutTag > 0)
      logger.info({ images: read.withoutTag, policy: settings.images.missingTag.policy }, 'images without a tag');
    return {
      takenAt,
      clusterName: settings.clusterName || client.name,
      serverVersion,
      nodes: nodes.nodes,
      namespaces: settings.ignoreEmpty
        ? read.namespaces.filter(({ containers }) => containers.length > 0)
        : read.namespaces,
      gaps,
    };
  } catch (error) {
    // What an aborted request says is of no interest.
    signal.throwIfAborted();
    throw error;
  } finally {
    done.abort();
  }
}

/** A report without it is still good. */
async function versionOf(client: KubeClient, logger: Logger, signal: AbortSignal) {
  try {
    return await client.version(signal);
  } catch (error) {
    signal.throwIfAborted();
    logger.warn({ problem: describeError(error) }, 'the version of the API server is not known');
    return {};
  }
}

interface ReadNamespaces {
  readonly namespaces: readonly NamespaceInventory[];
  readonly gaps: readonly Gap[];
  readonly withoutTag: number;
}

async function readNamespaces(
  selected: readonly KubeObject[],
  settings: CollectSettings,
  ports: CollectPorts & { readonly signal: AbortSignal },
): Promise<ReadNamespaces> {
  const inTurn = createTurns(Math.max(1, Math.min(settings.concurrency, selected.length)));
  const gaps: Gap[] = [];
  let withoutTag = 0;
  const read = async (namespace: KubeObject): Promise<NamespaceInventory | undefined> => {
    const { name } = namespace.metadata;
    try {
      const pods = await readPods(namespace, settings, ports);
      withoutTag += pods.withoutTag;
      // A list in a namespace that was deleted is answered with nothing, as if it were empty.
      if (!pods.isEmpty || (await stillExists(ports, namespace))) return pods.inventory;
      gaps.push({ kind: 'namespaces', namespace: name, reason: 'vanished', detail: '' });
    } catch (error) {
      ports.signal.throwIfAborted();
      if (!(error instanceof KsoError)) throw error;
      gaps.push(gapOf('pods', error, name));
    }
    return undefined;
  };
  const namespaces = await Promise.all(selected.map((namespace) => inTurn(() => read(namespace))));
  return { namespaces: namespaces.filter((one) => one !== undefined), gaps, withoutTag };
}

async function stillExists({ client, signal }: CollectPorts, { metadata }: KubeObject): Promise<boolean> {
  const result = await client.get({ group: '', kind: 'Namespace' }, undefined, metadata.name, signal);
  // Who may list but not get learns nothing here.
  return result.outcome === 'found' ? result.object.metadata.uid === metadata.uid : result.outcome !== 'notFound';
}

async function readPods(namespace: KubeObject, settings: CollectSettings, ports: CollectPorts) {
  const { metadata } = namespace;
  const pods: InventoryPod[] = [];
  const containers: InventoryContainer[] = [];
  let withoutTag = 0;
  let seen = 0;
  const filter = { namespace: metadata.name, pageSize: settings.pageSize, signal: ports.signal };
  for await (const page of ports.client.list(podKind, filter)) {
    for (const pod of page) {
      seen += 1;
      const uid = textOf(pod.metadata.uid);
      pods.push({
        name: pod.metadata.name,
        uid,
        nodeName: textOf(recordAt(pod, 'spec')['nodeName']),
        labels: mapOf(pod.metadata.labels, settings.metadata.pods.labels),
        annotations: mapOf(pod.metadata.annotations, settings.metadata.pods.annotations),
      });
      if (settings.ignoreNotRunning && textOf(recordAt(pod, 'status')['phase']) !== 'Running') continue;
      const found = containersOf(pod, uid, settings.images);
      containers.push(...found.containers);
      withoutTag += found.withoutTag;
    }
  }
  const inventory: NamespaceInventory = {
    name: metadata.name,
    uid: textOf(metadata.uid),
    labels: mapOf(metadata.labels, settings.metadata.namespaces.labels),
    annotations: mapOf(metadata.annotations, settings.metadata.namespaces.annotations),
    rawLabels: mapOf(metadata.labels),
    pods,
    containers,
  };
  return { inventory, withoutTag, isEmpty: seen === 0 };
}
