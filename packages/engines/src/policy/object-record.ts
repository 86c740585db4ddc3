import { hash } from 'node:crypto';
import { effectiveNamespace, fileObjectId, kindName, kindOf, objectId } from '@kso/controls';
import { isRecord, type ObjectOrigin, riskWeight } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import type { ObjectRecord } from './port.ts';

const clusterScoped = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'storage.k8s.io/StorageClass',
  'policy/PodSecurityPolicy',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'apiregistration.k8s.io/APIService',
  'apiserverinfo.kubescape.cloud/APIServerInfo',
  ...['KubeletInfo', 'KubeProxyInfo', 'ControlPlaneInfo', 'CNIInfo'].map((kind) => `hostdata.kubescape.cloud/${kind}`),
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'cilium.io/CiliumClusterwideNetworkPolicy',
]);

/** Kinds of which only the metadata counts. Some of them change every few seconds. */
const metadataOnly = new Set([
  'Endpoints',
  'EndpointSlice',
  'PodTemplate',
  'CSIStorageCapacity',
  'PersistentVolumeClaim',
]);

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
/** Metadata that changes without a change of the object, or that says nothing about it. */
const volatile = new Set(['resourceVersion', 'generation', 'managedFields', 'uid', 'creationTimestamp', 'selfLink']);

/** Makes the record of an object, without the parts that nothing reads: they are the larger half of many objects. */
export function recordOf(received: KubeObject, origin: ObjectOrigin | undefined): ObjectRecord {
  const object = trimmed(received);
  const name = kindName(kindOf(object));
  let hashed: string | undefined;
  return {
    key: recordKey(received),
    id: origin === undefined ? objectId(object) : fileObjectId(object, origin.relativePath, origin.document),
    object,
    kindName: name,
    namespace: clusterScoped.has(name) ? '' : effectiveNamespace(object),
    origin,
    weight: riskWeight(received),
    hash: () => (hashed ??= hash('sha256', JSON.stringify(stable(object)), 'base64url')),
  };
}

/** Tells objects apart whatever API version they are served in and wherever in a folder they stand: sources give each identity once. */
export function recordKey(object: KubeObject): string {
  return `${kindName(kindOf(object))}|${object.metadata.namespace ?? ''}|${object.metadata.name}`;
}

function trimmed(object: KubeObject): KubeObject {
  const { managedFields: _managed, annotations, ...metadata } = object.metadata;
  const kept =
    annotations !== undefined && Object.hasOwn(annotations, lastApplied)
      ? withoutLastApplied(annotations)
      : annotations;
  const result: Record<string, unknown> = {
    ...object,
    metadata: { ...metadata, ...(kept === undefined ? {} : { annotations: kept }) },
  };
  if (metadataOnly.has(object.kind)) {
    const { apiVersion, kind, metadata: own } = result as KubeObject;
    return { apiVersion, kind, metadata: own };
  }
  // A Secret's values are never needed: that it exists is all that controls ask.
  if (object.kind === 'Secret') for (const field of ['data', 'stringData']) delete result[field];
  if (object.kind === 'Node') result['status'] = nodeStatus(object['status']);
  else delete result['status'];
  return result as KubeObject;
}

function withoutLastApplied(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const { [lastApplied]: _dropped, ...rest } = annotations;
  return rest;
}

/** Versions only: conditions and heartbeats change every few seconds and decide nothing. */
function nodeStatus(status: unknown): unknown {
  return isRecord(status) ? { nodeInfo: status['nodeInfo'] } : undefined;
}

function stable(object: KubeObject): unknown {
  return {
    ...object,
    metadata: Object.fromEntries(Object.entries(object.metadata).filter(([field]) => !volatile.has(field))),
  };
}
