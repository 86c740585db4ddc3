import type { ContainerScanLayer, ImageHistoryEntry } from '@kso/wire';

/** Layers of an image by diff id, with their place in it. */
export type LayerIndex = ReadonlyMap<string, ContainerScanLayer>;

/** Real layers in their order; the parent of each is the layer below (kubevuln.md 10.5). */
export function indexLayers(history: readonly ImageHistoryEntry[]): LayerIndex {
  const layers = new Map<string, ContainerScanLayer>();
  let parentLayerHash = '';
  let order = 0;
  for (const entry of history) {
    if (entry.layer === undefined) continue;
    if (!layers.has(entry.layer)) {
      layers.set(entry.layer, {
        layerHash: entry.layer,
        parentLayerHash,
        ...details(entry),
        // Go leaves a zero out.
        ...(order === 0 ? {} : { layerOrder: order }),
      });
    }
    parentLayerHash = entry.layer;
    order += 1;
  }
  return layers;
}

/** One entry for each step of the history: real layers count from 0, steps that made none have order -1 (kubevuln.md 10.6). */
export function manifestLayers(history: readonly ImageHistoryEntry[]): ContainerScanLayer[] {
  let parentLayerHash = '';
  let order = 0;
  return history.map((entry) => {
    if (entry.layer === undefined) {
      return { layerHash: '', parentLayerHash, ...details(entry), layerOrder: -1 };
    }
    const layer = { layerHash: entry.layer, parentLayerHash, ...details(entry), layerOrder: order };
    parentLayerHash = entry.layer;
    order += 1;
    return layer;
  });
}

function details({ createdBy, createdTime, size }: ImageHistoryEntry) {
  return {
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(createdTime === undefined ? {} : { createdTime }),
    ...(size === undefined ? {} : { size }),
  };
}
