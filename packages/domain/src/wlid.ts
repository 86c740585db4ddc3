/** A workload of a cluster. `kind` is canonical: lower-case without dashes (`replicaset`). */
export interface Wlid {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
}

/** A wlid that stops early and means everything below: a cluster, or a namespace of it. */
export interface WildWlid {
  readonly cluster: string;
  readonly namespace?: string;
}

const prefix = 'wlid://';

/** `wlid://cluster-prod/namespace-shop/deployment-web` (kollector.md 14). */
export function formatWlid(wlid: Wlid): string {
  return `${prefix}cluster-${wlid.cluster}/namespace-${wlid.namespace}/${canonicalKind(wlid.kind)}-${wlid.name}`;
}

export function formatWildWlid(wild: WildWlid): string {
  const cluster = `${prefix}cluster-${wild.cluster}`;
  return wild.namespace === undefined ? cluster : `${cluster}/namespace-${wild.namespace}`;
}

/**
 * Reads a complete wlid; the last part ends its kind at the **first** dash, so `deployment-my-app` is a Deployment named `my-app`.
 * Some senders write the kind with capitals: it is returned in canonical form. Undefined when the text is no complete wlid.
 */
export function parseWlid(text: string): Wlid | undefined {
  const [cluster, namespace, workload, ...more] = partsOf(text) ?? [];
  if (cluster === undefined || namespace === undefined || workload === undefined || more.length > 0) return undefined;
  const dash = workload.indexOf('-');
  const kind = canonicalKind(dash < 0 ? '' : workload.slice(0, dash));
  const name = workload.slice(dash + 1);
  return kind === '' || name === '' ? undefined : { cluster, namespace, kind, name };
}

/** Reads a wlid that may stop after the cluster or the namespace; a trailing slash is accepted. */
export function parseWildWlid(text: string): WildWlid | undefined {
  const [cluster, namespace, ...more] = partsOf(text.replace(/\/$/, '')) ?? [];
  if (cluster === undefined || more.length > 0) return undefined;
  return namespace === undefined ? { cluster } : { cluster, namespace };
}

/** Kinds are compared without case and dashes: `Deployment`, `deployment`. */
export function canonicalKind(kind: string): string {
  return kind.toLowerCase().replaceAll('-', '');
}

/** A cluster's name as it may stand in a wlid and in reports: runs of other than word characters become one dash (kollector.md 2). */
export function sanitizeClusterName(name: string): string {
  return name.replace(/\W+/g, '-');
}

/** Cluster, namespace and workload without their labels; undefined when one is empty or mislabelled or the text holds whitespace. */
function partsOf(text: string): string[] | undefined {
  if (!text.startsWith(prefix) || /\s/.test(text)) return undefined;
  const labels = ['cluster-', 'namespace-'];
  const parts: string[] = [];
  for (const [index, part] of text.slice(prefix.length).split('/').entries()) {
    const label = labels[index] ?? '';
    if (!part.startsWith(label) || part.length === label.length) return undefined;
    parts.push(part.slice(label.length));
  }
  return parts;
}
