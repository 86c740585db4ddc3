import type { KubeObject } from '@kso/wire';
import { type ClusterInventory, type NamespaceInventory } from '../model.ts';

/** A digest that is easy to tell: `sha256:` and the character 64 times. */
export const digest = (character: string): string => `sha256:${character.repeat(64)}`;

export function namespaceObject(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, uid: `uid-${name}`, labels } };
}

export function nodeObject(name: string): KubeObject {
  const nodeInfo = { architecture: 'arm64', kubeletVersion: 'v1.35.0', operatingSystem: 'linux' };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: `uid-${name}` }, status: { nodeInfo } };
}

export interface PodOptions {
  readonly namespace?: string;
  readonly phase?: string;
  readonly node?: string;
  /** Container name → image in the spec and digest in the status. */
  readonly images?: Readonly<Record<string, readonly [image: string, digest?: string]>>;
}

export function podObject(name: string, options: PodOptions = {}): KubeObject {
  const {
    namespace = 'default',
    phase = 'Running',
    node = 'node-1',
    images = { c: ['nginx:1.27', digest('a')] },
  } = options;
  const entries = Object.entries(images);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: `uid-${namespace}-${name}`, labels: { app: name } },
    spec: { nodeName: node, containers: entries.map(([container, [image]]) => ({ name: container, image })) },
    status: {
      phase,
      containerStatuses: entries.map(([container, [image, imageDigest]]) => ({
        name: container,
        image,
        imageID: imageDigest === undefined ? '' : `${image.split(/[:@]/)[0]}@${imageDigest}`,
        containerID: `containerd://${name}-${container}`,
      })),
    },
  };
}

/** An inventory with one pod and one container in each namespace, on the node of that index. */
export function inventoryOf(namespaces: readonly string[], over: Partial<ClusterInventory> = {}): ClusterInventory {
  return {
    takenAt: Date.parse('2026-11-30T12:00:00Z'),
    clusterName: 'prod-1',
    serverVersion: { major: '1', minor: '35' },
    namespaces: namespaces.map((name) => namespaceInventory(name)),
    nodes: namespaces.map((name) => ({
      name: `node-${name}`,
      uid: `uid-node-${name}`,
      labels: {},
      annotations: {},
      architecture: 'amd64',
      containerRuntimeVersion: '',
      kernelVersion: '',
      kubeletVersion: '',
      operatingSystem: '',
    })),
    gaps: [],
    ...over,
  };
}

export function namespaceInventory(name: string, over: Partial<NamespaceInventory> = {}): NamespaceInventory {
  return {
    name,
    uid: `uid-${name}`,
    labels: {},
    annotations: {},
    rawLabels: {},
    pods: [{ name: 'p', uid: `uid-${name}-p`, nodeName: `node-${name}`, labels: {}, annotations: {} }],
    containers: [
      {
        name: 'c',
        podUid: `uid-${name}-p`,
        id: `containerd://${name}`,
        imageTag: 'nginx:1.27',
        imageDigest: digest('a'),
      },
    ],
    ...over,
  };
}
