import { isFromOtherSite, isLocalName, isSameSecret, type Secret } from '@kso/kit';
import type { FastifyRequest } from 'fastify';
import { fail } from '../errors.ts';

export interface Account {
  readonly id: string;
  readonly accessKey: Secret;
}

/** Who asks. `account` is empty when none is configured: then all there is belongs to everybody on this machine. */
export interface Caller {
  readonly account: string;
}

/** Decides who may send and who may look. */
export interface AccessControl {
  /** True when nothing but being on this machine is asked for; the page says so. */
  readonly isOpen: boolean;
  /** @throws ACCOUNT_REQUIRED, ACCESS_DENIED, ONLY_LOOPBACK, CROSS_SITE */
  sender(request: FastifyRequest): Caller;
  /** Like `sender`; people may also show account and key as user and password, since browsers ask for those by themselves. */
  reader(request: FastifyRequest): Caller;
}

/**
 * With accounts: account and key of each request are checked. Without: only this machine is answered, and only under a name of its own –
 * a page of another site whose name was made to point here (DNS rebinding) is not – and never a request that another site's page made.
 */
export function createAccessControl(accounts: readonly Account[], publicUrl: string | undefined): AccessControl {
  const isOpen = accounts.length === 0;
  const ownHosts = new Set(publicUrl === undefined ? [] : [new URL(publicUrl).host]);

  const check = (shown: Shown | undefined): Caller => {
    if (shown === undefined) throw fail('ACCOUNT_REQUIRED');
    const found = accounts.filter(({ accessKey }) => isSameSecret(accessKey.reveal(), shown.key));
    const account = shown.account === '' ? found[0] : found.find(({ id }) => id === shown.account);
    if (account === undefined) throw fail('ACCESS_DENIED');
    return { account: account.id };
  };
  const open = (request: FastifyRequest): Caller => {
    if (!isLoopback(request.ip)) throw fail('ONLY_LOOPBACK');
    const host = request.headers.host ?? '';
    if (!isLocalName(host) && !ownHosts.has(host)) throw fail('CROSS_SITE');
    return { account: '' };
  };

  return {
    isOpen,
    sender(request) {
      refuseOtherSites(request);
      return isOpen ? open(request) : check(fromHeaders(request));
    },
    reader(request) {
      refuseOtherSites(request);
      return isOpen ? open(request) : check(fromHeaders(request) ?? fromBasic(request));
    },
  };
}

interface Shown {
  /** Empty when only a key was shown. */
  readonly account: string;
  readonly key: string;
}

function fromHeaders(request: FastifyRequest): Shown | undefined {
  const key = request.headers['x-api-key'];
  if (typeof key !== 'string' || key === '') return undefined;
  const { customerGUID } = request.query as { customerGUID?: unknown };
  // Kubevuln names its account twice (kubevuln.md 9.1).
  const named: unknown[] = Array.isArray(customerGUID) ? customerGUID : [customerGUID];
  const [account, ...others] = new Set(named);
  return { account: typeof account === 'string' && others.length === 0 ? account : '', key };
}

function fromBasic(request: FastifyRequest): Shown | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  // The password may contain colons, the user not (RFC 7617).
  const [account = '', ...key] = Buffer.from(encoded, 'base64').toString().split(':');
  return { account, key: key.join(':') };
}

/** A link to the page is followed from anywhere: no GET of ours changes anything. */
function refuseOtherSites(request: FastifyRequest): void {
  if (isFromOtherSite(request, { links: true })) throw fail('CROSS_SITE');
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '');
  return plain === '::1' || plain.startsWith('127.');
}
