import { serialize } from 'bson';
import * as fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { closeAll, connectClient, notification, post, startGateway } from './test-gateway.ts';

afterEach(closeAll);

const witness = { customerGUID: 'witness' };

/** Notifications, with what strangers make of them. */
const envelope = fc.record(
  {
    target: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue(), fc.constant({ customerGUID: 'nobody' })),
    sendSynchronicity: fc.oneof(fc.boolean(), fc.jsonValue()),
    notification: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const json = envelope.map((value) => Buffer.from(JSON.stringify(value)));
const bson = envelope.map((value) => {
  try {
    return Buffer.from(serialize(value));
  } catch {
    return Buffer.alloc(0);
  }
});
/** A sound frame with one byte changed and an end cut off. */
const damaged = fc.tuple(fc.oneof(json, bson), fc.nat(), fc.nat(255), fc.nat(8)).map(([bytes, at, value, cut]) => {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[at % copy.length] = value;
  return copy.subarray(0, Math.max(0, copy.length - cut));
});
const frame = fc.oneof(
  json,
  bson,
  damaged,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

it('no frame and no body stops the gateway, and a client that behaves gets what is for it', async () => {
  const gateway = await startGateway({ sendTimeout: '1s' });
  const good = await connectClient(gateway, witness);
  const isForWitness = (bytes: Buffer) => /witness/.test(bytes.toString('latin1'));
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 5 }), async (frames) => {
      const sender = await connectClient(gateway, { customerGUID: 'fuzz' });
      for (const bytes of frames.filter((each) => !isForWitness(each))) {
        sender.socket.send(bytes, () => undefined);
        expect([200, 400]).toContain((await post(gateway, bytes)).status);
      }
      sender.socket.terminate();
      const marker = notification(witness);
      expect((await post(gateway, marker)).headers.get('x-notification-receivers')).toBe('1');
      expect((await good.next()).bytes.toString()).toBe(marker);
    }),
    { numRuns: 150 },
  );
});
