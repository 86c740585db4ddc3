export type ContainerType = 'container' | 'initContainer' | 'ephemeralContainer';

/** One container of one workload instance (operator-gateway.md 1.4); without `container` the instance itself. */
export interface InstanceId {
  readonly apiVersion: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly container?: string;
  /** Default `container`. */
  readonly containerType?: ContainerType;
}

const shape =
  /^apiVersion-(?<apiVersion>[^/]+(?:\/[^/]+)?)\/namespace-(?<namespace>[^/]*)\/kind-(?<kind>[^/]+)\/name-(?<name>[^/]+)(?:\/(?<type>container|initContainer|ephemeralContainer)Name-(?<container>[^/]+))?$/;

/** `apiVersion-apps/v1/namespace-default/kind-ReplicaSet/name-nginx-7584b6f84c/containerName-nginx`. */
export function formatInstanceId(id: InstanceId): string {
  const workload = `apiVersion-${id.apiVersion}/namespace-${id.namespace}/kind-${id.kind}/name-${id.name}`;
  return id.container === undefined ? workload : `${workload}/${id.containerType ?? 'container'}Name-${id.container}`;
}

/** The parts of an instance id, or undefined when the text is none. */
export function parseInstanceId(text: string): InstanceId | undefined {
  const groups = shape.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { apiVersion = '', namespace = '', kind = '', name = '', type, container } = groups;
  if (container === undefined) return { apiVersion, namespace, kind, name };
  return { apiVersion, namespace, kind, name, container, containerType: type as ContainerType };
}
