import { describeError } from '@kso/kit';
import { deserialize } from 'bson';
import { type Attributes, attributesOf, isEmpty } from './attributes.ts';

/** The envelope of a notification. Its payload is not looked at: receivers get the bytes as they came. */
export interface Notification {
  readonly target: Attributes;
  /** The sender waits until each receiver has it, and is told of failures. */
  readonly synchronous: boolean;
  readonly bytes: Buffer;
}

export type Decoded =
  | { readonly ok: true; readonly notification: Notification }
  | { readonly ok: false; readonly problem: string };

/** Reads JSON or BSON (operator-gateway.md 2.3, 3.4). Names of the envelope's fields are found in any case; BSON senders write them lower-case. */
export function decodeNotification(bytes: Buffer): Decoded {
  let envelope: unknown;
  const isBson = looksLikeBson(bytes);
  try {
    envelope = isBson ? readBson(bytes) : JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    // Deep nesting ends in a RangeError, which is the sender's fault too. JSON's own message quotes the text, and that may hold a login.
    return { ok: false, problem: isBson ? describeError(error) : 'neither JSON nor BSON' };
  }
  if (typeof envelope !== 'object' || envelope === null) return { ok: false, problem: 'not an object' };

  const fields = new Map(Object.entries(envelope).map(([name, value]) => [name.toLowerCase(), value as unknown]));
  const target = readTarget(fields.get('target'));
  if (target === undefined) return { ok: false, problem: 'target is not a map of texts' };
  if (isEmpty(target)) return { ok: false, problem: 'empty target' };
  return { ok: true, notification: { target, synchronous: fields.get('sendsynchronicity') === true, bytes } };
}

function readTarget(value: unknown): Attributes | undefined {
  if (value === undefined || value === null) return attributesOf([]);
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const pairs = Object.entries(value);
  return pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string') ? attributesOf(pairs) : undefined;
}

/** A BSON document begins with its own length and ends with a zero byte; JSON text never does both. */
function looksLikeBson(bytes: Buffer): boolean {
  return bytes.length >= 5 && bytes.readInt32LE(0) === bytes.length && bytes.at(-1) === 0;
}

function readBson(bytes: Buffer): unknown {
  // Regular expressions of strangers are not compiled; binaries stay views on the input.
  return deserialize(bytes, { bsonRegExp: true, promoteBuffers: true });
}
