import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSbomOrders } from './orders.ts';

let directory = '';
let now = 1000;
beforeEach(async () => {
  now = 1000;
  directory = await mkdtemp(join(tmpdir(), 'kso-orders-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function openOne() {
  const orders = createSbomOrders({ now: () => now });
  const source = {
    type: 'registry' as const,
    reference: 'r/a@sha256:1',
    credentials: [],
    plainHttp: false,
    skipTlsVerify: false,
  };
  const target = join(directory, 'sbom.json');
  const request = { source, target, timeoutMs: 500, maxImageBytes: 10, maxSbomBytes: 20 };
  return { orders, target, order: orders.open(request, 'v1') };
}

describe('an order', () => {
  it('says what to do and how much time is left, until that is over', () => {
    const { orders, order } = openOne();
    now = 1200;
    expect(orders.get(order.id)).toMatchObject({ engineVersion: 'v1', timeoutMs: 300, maxSbomBytes: 20 });
    now = 1500;
    expect(orders.get(order.id)).toBeUndefined();
  });

  it('is answered once', async () => {
    const { orders, order, target } = openOne();
    expect(await orders.receiveSbom(order.id, 'v1', Readable.from([Buffer.from('{"a":'), Buffer.from('1}')]))).toBe(
      'taken',
    );
    expect(await order.answer).toEqual({ outcome: 'created', bytes: 7, engineVersion: 'v1' });
    expect(await readFile(target, 'utf8')).toBe('{"a":1}');
    expect(await orders.receiveSbom(order.id, 'v1', Readable.from([Buffer.from('{}')]))).toBe('unknown');
    expect(orders.receiveFailure(order.id, { outcome: 'failed', detail: 'late' })).toBe(false);
    expect(await readFile(target, 'utf8')).toBe('{"a":1}');
  });

  it('takes no SBOM of another version or size, and waits on', async () => {
    const { orders, order } = openOne();
    expect(await orders.receiveSbom(order.id, 'v2', Readable.from([Buffer.from('{}')]))).toBe('otherVersion');
    expect(await orders.receiveSbom(order.id, 'v1', Readable.from([Buffer.alloc(15), Buffer.alloc(15)]))).toBe(
      'tooLarge',
    );
    expect(await readdir(directory)).toEqual([]);
    expect(orders.receiveFailure(order.id, { outcome: 'timedOut', phase: 'pulling', timeoutMs: 1 })).toBe(true);
    expect(await order.answer).toEqual({ outcome: 'timedOut', phase: 'pulling', timeoutMs: 1 });
  });

  it('keeps nothing of an upload that breaks off', async () => {
    const { orders, order } = openOne();
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('{');
        throw new Error('gone');
      })(),
    );
    await expect(orders.receiveSbom(order.id, 'v1', broken)).rejects.toThrow('gone');
    expect(await readdir(directory)).toEqual([]);
    expect(orders.get(order.id)).toBeDefined();
  });

  it('that is closed is unknown', () => {
    const { orders, order } = openOne();
    order.close();
    expect(orders.get(order.id)).toBeUndefined();
    expect(orders.receiveFailure(order.id, { outcome: 'failed', detail: '' })).toBe(false);
  });
});
