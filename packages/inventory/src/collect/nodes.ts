import type { KubeClient } from '@kso/kube';
import type { KubeObject } from '@kso/wire';
import type { CollectSettings } from '../config/settings.ts';
import type { Gap, InventoryNode } from '../model.ts';
import { mapOf, recordAt, textOf } from './fields.ts';
import { gapOf } from './gaps.ts';

const nodeKind = { group: '', kind: 'Node' };

/** All nodes, or the reason why they are not known: an inventory without them is worth having (B33). */
export async function collectNodes(
  client: KubeClient,
  settings: CollectSettings,
  signal: AbortSignal,
): Promise<{ readonly nodes: readonly InventoryNode[]; readonly gaps: readonly Gap[] }> {
  const nodes: InventoryNode[] = [];
  try {
    for await (const page of client.list(nodeKind, { pageSize: settings.pageSize, signal }))
      for (const node of page) nodes.push(nodeOf(node, settings));
  } catch (error) {
    signal.throwIfAborted();
    return { nodes: [], gaps: [gapOf('nodes', error)] };
  }
  return { nodes: nodes.toSorted((a, b) => (a.name < b.name ? -1 : 1)), gaps: [] };
}

function nodeOf(node: KubeObject, settings: CollectSettings): InventoryNode {
  const { metadata } = node;
  const info = recordAt(node, 'status', 'nodeInfo');
  return {
    name: metadata.name,
    uid: textOf(metadata.uid),
    labels: mapOf(metadata.labels, settings.metadata.nodes.labels),
    annotations: mapOf(metadata.annotations, settings.metadata.nodes.annotations),
    architecture: textOf(info['architecture']),
    containerRuntimeVersion: textOf(info['containerRuntimeVersion']),
    kernelVersion: textOf(info['kernelVersion']),
    kubeletVersion: textOf(info['kubeletVersion']),
    operatingSystem: textOf(info['operatingSystem']),
  };
}
