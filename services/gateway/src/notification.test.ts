import { Binary, serialize } from 'bson';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeNotification } from './notification.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const target = { customerGUID: '1111-aaaa', clusterName: 'prod' };

describe('notifications', () => {
  it.each([
    ['JSON', json({ target, sendSynchronicity: true, notification: { commands: [] } })],
    ['JSON in other cases', json({ Target: target, SENDSYNCHRONICITY: true })],
    ['JSON with white space', Buffer.from(`\n  ${JSON.stringify({ target, sendSynchronicity: true })}\n`)],
    [
      'BSON of the Go library',
      Buffer.from(serialize({ target, sendsynchronicity: true, notification: new Binary(Buffer.from('{}')) })),
    ],
    ['BSON', Buffer.from(serialize({ target, sendSynchronicity: true }))],
  ])('%s', (_name, bytes) => {
    const decoded = decodeNotification(bytes);
    expect(decoded).toMatchObject({ ok: true, notification: { synchronous: true } });
    expect(decoded.ok && { ...decoded.notification.target }).toEqual(target);
    expect(decoded.ok && decoded.notification.bytes).toBe(bytes);
  });

  it('BSON whose length is that of an opening brace', () => {
    const bytes = Buffer.from(serialize({ target: { a: 'x'.repeat(97) } }));
    expect(bytes[0]).toBe('{'.charCodeAt(0));
    expect(decodeNotification(bytes).ok).toBe(true);
  });

  it('is asynchronous unless it says otherwise', () => {
    expect(decodeNotification(json({ target }))).toMatchObject({ notification: { synchronous: false } });
    expect(decodeNotification(json({ target, sendSynchronicity: 'true' }))).toMatchObject({
      notification: { synchronous: false },
    });
  });

  it.each([
    ['no target', json({}), 'empty target'],
    ['empty target', json({ target: {} }), 'empty target'],
    ['null target', json({ target: null }), 'empty target'],
    ['list', json({ target: ['a'] }), 'target is not a map of texts'],
    ['numbers', json({ target: { a: 1 } }), 'target is not a map of texts'],
    ['text', json('target'), 'not an object'],
    ['null', json(null), 'not an object'],
    ['empty', Buffer.alloc(0), 'neither JSON nor BSON'],
    ['cut BSON', Buffer.from(serialize({ target })).subarray(0, 20), 'JSON'],
    ['broken BSON', Buffer.from([12, 0, 0, 0, 3, 97, 0, 99, 0, 0, 0, 0]), 'bson'],
  ])('%s is refused', (_name, bytes, problem) => {
    const decoded = decodeNotification(bytes);
    expect(decoded.ok).toBe(false);
    expect(decoded.ok ? '' : decoded.problem.toLowerCase()).toContain(problem.toLowerCase());
  });

  it('what is said of broken text does not quote it', () => {
    const decoded = decodeNotification(Buffer.from('{"password":"hunter2"oops}'));
    expect(decoded).toEqual({ ok: false, problem: 'neither JSON nor BSON' });
  });

  it('hostile input is refused or read, never thrown over', () => {
    const deep = Buffer.from(`{"target":${'['.repeat(300_000)}`);
    expect(decodeNotification(deep).ok).toBe(false);
    expect(decodeNotification(json({ target, notification: JSON.parse('{"__proto__":{"x":1}}') as unknown })).ok).toBe(
      true,
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const body = Buffer.from(bytes);
        // Half of them claim to be BSON.
        if (body.length >= 5 && (body[0] ?? 0) % 2 === 0) {
          body.writeInt32LE(body.length, 0);
          body[body.length - 1] = 0;
        }
        expect(typeof decodeNotification(body).ok).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});
