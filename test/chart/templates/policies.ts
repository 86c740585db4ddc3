import type { KubeObject } from '@kso/wire';
import { byKind } from './rendered.ts';

export interface Peer {
  readonly podSelector?: { readonly matchLabels: Record<string, string> };
  readonly namespaceSelector?: object;
  readonly ipBlock?: { readonly cidr: string };
}
export interface Policy {
  readonly podSelector: { readonly matchLabels: Record<string, string> };
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports: readonly { port: number }[] }[];
  readonly egress?: readonly {
    readonly to?: readonly Peer[];
    readonly ports?: readonly { port: number; protocol: string }[];
  }[];
}

/** NetworkPolicies with egress rules: for `global.networkPolicy`. */
export const on = { enabled: true, createEgressRules: true };
/** The label that says which component a pod is. */
export const component = 'app.kubernetes.io/component';
/** The specifications of all NetworkPolicies. */
export const policiesOf = (objects: readonly KubeObject[]) =>
  byKind(objects, 'NetworkPolicy').map((object) => object['spec'] as Policy);
/** What a test calls a peer: a component, a range of addresses, or `dns`. */
export const nameOf = ({ podSelector, namespaceSelector, ipBlock }: Peer): string =>
  namespaceSelector !== undefined ? 'dns' : (podSelector?.matchLabels[component] ?? ipBlock?.cidr ?? 'nobody');

/** `from → to:port` as the receivers' policies have it, and as the senders' have it. */
export function edges(objects: readonly KubeObject[]) {
  const received: string[] = [];
  const sent: string[] = [];
  for (const { podSelector, ingress = [], egress = [] } of policiesOf(objects)) {
    const self = podSelector.matchLabels[component] ?? '';
    for (const { from = [], ports } of ingress)
      for (const peer of from) for (const { port } of ports) received.push(`${nameOf(peer)} → ${self}:${port}`);
    for (const { to, ports = [] } of egress)
      for (const name of to?.map(nameOf) ?? ['apiserver'])
        for (const { port } of ports) sent.push(`${self} → ${name}:${port}`);
  }
  const inside = sent.filter((edge) => / → (?!dns|apiserver)[a-z-]+:\d+$/.test(edge));
  return {
    received: received.toSorted(),
    inside: inside.toSorted(),
    outside: [...new Set(sent)].filter((edge) => !inside.includes(edge)),
  };
}
