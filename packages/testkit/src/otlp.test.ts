import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OtlpReceiver, startOtlpReceiver } from './otlp.ts';

let receiver: OtlpReceiver;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
});
afterAll(() => receiver.stop());

const request = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'operator' } }] },
      scopeSpans: [
        {
          spans: [
            {
              name: 'scan',
              traceId: 'a'.repeat(32),
              spanId: 'b'.repeat(16),
              kind: 2,
              attributes: [{ key: 'objects', value: { intValue: '7' } }],
              status: { code: 2 },
              startTimeUnixNano: '1700000000000000001',
              endTimeUnixNano: '1700000000000000002',
            },
          ],
        },
      ],
    },
  ],
};

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
  fetch(`${receiver.url}/v1/traces`, { method: 'POST', headers, body });
const json = { 'content-type': 'application/json' };

it('keeps the spans of a request, zipped or not', async () => {
  await post(JSON.stringify(request), json);
  const zipped = new Uint8Array(gzipSync(JSON.stringify(request)));
  await post(zipped, { ...json, 'content-encoding': 'gzip' });
  const spans = await receiver.until('two spans', ({ length }) => length === 2);
  expect(spans[1]).toEqual({
    service: 'operator',
    name: 'scan',
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    parentSpanId: '',
    kind: 2,
    attributes: { objects: 7 },
    status: 2,
    startNs: 1_700_000_000_000_000_001n,
    endNs: 1_700_000_000_000_000_002n,
  });
});

it.each([
  ['not JSON', '{', json, 400],
  ['protobuf', '', { 'content-type': 'application/x-protobuf' }, 415],
])('refuses %s', async (_what, body, headers, status) => {
  expect((await post(body, headers)).status).toBe(status);
});
