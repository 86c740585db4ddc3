import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { fail } from '../errors.ts';

/** Ranges that lead into the machine, the cluster or nowhere: a caller could use the scanner to reach what it cannot (scanner.md 2.9). */
const inside = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/127',
  // IPv4 in disguise, as translators and tunnels unpack it.
  '64:ff9b::/96',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
];

export type AddressCheck = (address: string) => boolean;

/** Tells which addresses may be called: all that are outside, and of those inside the configured ranges. @throws CIDR_INVALID */
export function allowedAddresses(cidrs: readonly string[]): AddressCheck {
  const refused = blockListOf(inside);
  const allowed = blockListOf(cidrs);
  return (address) => {
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    return allowed.check(address, family) || !refused.check(address, family);
  };
}

function blockListOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', bits, ...rest] = cidr.trim().split('/');
    const width = isIPv4(network) ? 32 : isIPv6(network) ? 128 : undefined;
    const prefix = bits === undefined ? width : Number(bits);
    const isValid = width !== undefined && prefix !== undefined && Number.isInteger(prefix) && bits !== '';
    if (!isValid || rest.length > 0 || prefix < 0 || prefix > width) throw fail('CIDR_INVALID', { cidr });
    list.addSubnet(network, prefix, width === 32 ? 'ipv4' : 'ipv6');
  }
  return list;
}
