export interface Registration {
  readonly account: string;
  readonly clusterName: string;
}

/** Registered as the component that carries commands out. */
const component = 'InClusterTriggerHandler';

/**
 * Where the operator waits for notifications (operator-gateway.md 2.1): `host:port` or a `ws:`/`wss:` URL, with the registration as
 * query in alphabetical order. Undefined when it is no address.
 */
export function gatewayUrl(address: string, { account, clusterName }: Registration): URL | undefined {
  const url = URL.parse(/^wss?:\/\//.test(address) ? address : `ws://${address}`);
  if (url === null || url.hostname === '') return undefined;
  url.pathname = '/v1/waitfornotification';
  url.search = '';
  url.hash = '';
  url.searchParams.set('clusterComponent', component);
  url.searchParams.set('clusterName', clusterName);
  // An empty one would be shared with everybody who has none: the in-cluster gateway then registers with the cluster instead.
  if (account !== '') url.searchParams.set('customerGUID', account);
  return url;
}

/**
 * The other scheme: tried once when an upgrade fails (operator-gateway.md 2.2). Undefined when a key or token that was to go out
 * encrypted would be sent in the clear.
 */
export function otherScheme(url: URL, hasSecret: boolean): URL | undefined {
  if (hasSecret && url.protocol === 'wss:') return undefined;
  const other = new URL(url);
  other.protocol = url.protocol === 'ws:' ? 'wss:' : 'ws:';
  return other;
}
