import { BlockList, isIP } from 'node:net';

/**
 * Which hosts are reached without the proxy. Rules are those of `no_proxy` as curl and Go read it: `*`, `host`, `.suffix` (with or without the
 * dot: the domain and everything below), `host:port`, an IP address, a CIDR range.
 */
export interface DirectRules {
  matches(host: string, port?: number): boolean;
}

/** Never through a proxy, whatever is configured: this machine, the cluster's own names, link-local addresses with the cloud's metadata. */
const always = ['localhost', '127.0.0.0/8', '::1', '169.254.0.0/16', 'fe80::/10', '.svc', '.cluster.local'];

export function directRules(rules: readonly string[]): DirectRules {
  const addresses = new BlockList();
  const names: { name: string; port: number | undefined }[] = [];
  let everything = false;
  for (const rule of [...always, ...rules].map((item) => item.trim().toLowerCase()).filter((item) => item !== '')) {
    if (rule === '*') everything = true;
    else if (!addAddress(addresses, rule)) names.push(nameRule(rule));
  }
  return {
    matches: (host, port) => {
      const wanted = bareHost(host);
      const family = isIP(wanted);
      if (everything) return true;
      if (family !== 0)
        return addresses.check(wanted, family === 6 ? 'ipv6' : 'ipv4') || matchesName(names, wanted, port);
      // A name without a dot is a Service in our own namespace: no public host looks like that.
      return !wanted.includes('.') || matchesName(names, wanted, port);
    },
  };
}

function addAddress(list: BlockList, rule: string): boolean {
  const [address = '', bits] = rule.split('/');
  const bare = bareHost(address);
  const family = isIP(bare);
  if (family === 0) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const prefix = bits === undefined ? (family === 6 ? 128 : 32) : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 6 ? 128 : 32)) return false;
  list.addSubnet(bare, prefix, type);
  return true;
}

function nameRule(rule: string): { name: string; port: number | undefined } {
  const match = /^(.*?):(\d{1,5})$/.exec(rule);
  const name = bareHost(match?.[1] ?? rule).replace(/^\*?\./, '');
  return { name, port: match === null ? undefined : Number(match[2]) };
}

function matchesName(
  names: readonly { name: string; port: number | undefined }[],
  host: string,
  port: number | undefined,
): boolean {
  return names.some(
    (rule) => (rule.port === undefined || rule.port === port) && (host === rule.name || host.endsWith(`.${rule.name}`)),
  );
}

/** Lower case, without the brackets of IPv6 and without a final dot. */
function bareHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
