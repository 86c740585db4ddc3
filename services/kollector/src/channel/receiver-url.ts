export interface ReceiverIdentity {
  readonly clusterName: string;
  readonly account: string;
}

const schemes: Readonly<Record<string, string>> = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };

/**
 * Where reports go (kollector.md 10.1): `address` is a URL, or a host, which means `wss`. A path of its own comes first. Undefined when it
 * is no address, or one with user and password.
 */
export function receiverUrl(address: string, { clusterName, account }: ReceiverIdentity): URL | undefined {
  const url = URL.parse(address.includes('://') ? address : `wss://${address}`);
  const protocol = schemes[url?.protocol ?? ''];
  if (url === null || protocol === undefined || url.hostname === '' || url.username !== '' || url.password !== '')
    return undefined;
  const made = new URL(`${protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}/k8s/cluster-reports`);
  // In alphabetical order, present also when empty.
  made.searchParams.set('clusterName', clusterName);
  made.searchParams.set('customerGUID', account);
  return made;
}
