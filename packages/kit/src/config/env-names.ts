/** `scanTimeout` of prefix `KSO_KUBEVULN` → `KSO_KUBEVULN_SCAN_TIMEOUT`; `server.accountID` → `…_SERVER_ACCOUNT_ID`. */
export function envName(prefix: string, path: readonly string[]): string {
  return [prefix, ...path.map(upperSnake)].join('_');
}

function upperSnake(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toUpperCase();
}

/**
 * Kubernetes puts variables for each Service into every pod (`KSO_GATEWAY_PORT=tcp://10.0.0.1:8001` for a Service `kso-gateway`).
 * They look like ours and are not.
 */
export function isServiceLink(name: string, value: string): boolean {
  if (/_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$/.test(name)) return true;
  return (
    /_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/.test(name) &&
    (/^(tcp|udp|sctp):\/\//.test(value) || /_\d+_/.test(name))
  );
}
