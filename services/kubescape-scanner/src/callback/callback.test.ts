import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@kso/kit';
import { afterEach, describe, expect, it } from 'vitest';
import { allowedAddresses } from './allowed-address.ts';
import { type CallbackPorts, readCallbackUrl, sendCallback } from './callback.ts';

let server: Server | undefined;
afterEach(() => server?.close());

interface Received {
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly body: string;
}

/** Answers these statuses one after another, then 200. */
async function receiver(...statuses: readonly number[]): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = [];
  const answers = [...statuses];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ url: request.url, host: request.headers.host, body });
      const status = answers.shift() ?? 200;
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, received };
}

const message = { id: '6f1c3a52-0000-4000-8000-000000000001', status: 'completed' } as const;
const ports = (overrides: Partial<CallbackPorts> = {}): CallbackPorts & { readonly pauses: number[] } => {
  const pauses: number[] = [];
  return {
    pauses,
    clock: { now: () => 0, sleep: async (ms: number) => void pauses.push(ms) },
    logger: createLogger({ service: 'test', level: 'silent' }),
    isAllowed: allowedAddresses(['127.0.0.0/8']),
    ...overrides,
  };
};
const never = new AbortController().signal;

describe('a callback', () => {
  it('posts id and status once', async () => {
    const { port, received } = await receiver();
    await sendCallback(readCallbackUrl(`http://127.0.0.1:${port}/done?key=1`), message, ports(), never);
    expect(received).toEqual([{ url: '/done?key=1', host: `127.0.0.1:${port}`, body: JSON.stringify(message) }]);
  });

  it('tries three times with growing pauses while the receiver fails', async () => {
    const { port, received } = await receiver(500, 503, 500, 500);
    const used = ports();
    await sendCallback(readCallbackUrl(`http://127.0.0.1:${port}/`), message, used, never);
    expect(received).toHaveLength(3);
    expect(used.pauses).toEqual([2000, 4000]);
  });

  it.each([404, 302])('ends at HTTP %i, and follows no redirect', async (status) => {
    const { port, received } = await receiver(status);
    await sendCallback(readCallbackUrl(`http://127.0.0.1:${port}/`), message, ports(), never);
    expect(received.map(({ url }) => url)).toEqual(['/']);
  });

  it('connects to the address that was checked, under the name that was given', async () => {
    const { port, received } = await receiver();
    const resolve = async () => [
      { address: '10.0.0.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    await sendCallback(readCallbackUrl(`http://client.example:${port}/`), message, ports({ resolve }), never);
    expect(received.map(({ host }) => host)).toEqual([`client.example:${port}`]);
  });

  it('reaches nothing inside of the cluster unless it is allowed', async () => {
    const { port, received } = await receiver();
    const isAllowed = allowedAddresses([]);
    await sendCallback(readCallbackUrl(`http://127.0.0.1:${port}/`), message, ports({ isAllowed }), never);
    await sendCallback(readCallbackUrl(`http://[::ffff:127.0.0.1]:${port}/`), message, ports({ isAllowed }), never);
    expect(received).toEqual([]);
  });
});

describe('URLs and addresses of callbacks', () => {
  it.each([
    'ftp://a.example/',
    'file:///etc/passwd',
    'no url',
    'http://user:pass@a.example/',
    `http://a/${'x'.repeat(3000)}`,
  ])('refuses %s', (url) =>
    expect(() => readCallbackUrl(url)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' })),
  );

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ])('%s is inside', (address) => {
    expect(allowedAddresses([])(address)).toBe(false);
    expect(allowedAddresses(['0.0.0.0/0', '::/0'])(address)).toBe(true);
  });

  it.each(['93.184.216.34', '2606:2800:220:1::1', '172.32.0.1'])('%s is outside', (address) => {
    expect(allowedAddresses([])(address)).toBe(true);
  });

  it.each(['10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/', '10.0.0.0/8/8', 'example.com'])(
    'the range %s is refused',
    (cidr) => expect(() => allowedAddresses([cidr])).toThrow(expect.objectContaining({ code: 'CIDR_INVALID' })),
  );
});
