import { Binary, deserialize } from 'bson';
import { type Command, decodeCommands, parseCommands } from '../commands/command.ts';
import { fieldsOf, isRecord, type UnknownRecord } from '@kso/domain';

export type Decoded =
  | { readonly type: 'commands'; readonly commands: readonly Command[] }
  /** For somebody else, or empty. */
  | { readonly type: 'ignored' }
  | { readonly type: 'malformed'; readonly problem: string };

/** `target.dest` of notifications for the operator; the second is an old name. */
const destinations = new Set(['trigger', 'kubescape']);

/** Reads a frame: JSON or BSON, whichever kind of frame it is (operator-gateway.md 2.3, 2.4). */
export function decodeFrame(frame: Buffer): Decoded {
  if (frame.length === 0) return { type: 'ignored' };
  const envelope = readEnvelope(frame);
  if (envelope === undefined) return { type: 'malformed', problem: 'neither JSON nor BSON' };
  const { target, notification } = fieldsOf(envelope, ['target', 'notification']);
  const dest = isRecord(target) ? target['dest'] : undefined;
  if (typeof dest !== 'string' || !destinations.has(dest)) return { type: 'ignored' };
  const decoded = decodePayload(notification);
  return decoded.ok
    ? { type: 'commands', commands: decoded.commands }
    : { type: 'malformed', problem: decoded.problem };
}

/** A frame that begins like JSON may still be BSON: the first byte of BSON is its length. */
function readEnvelope(frame: Buffer): UnknownRecord | undefined {
  const first = String.fromCharCode(frame[0] ?? 0);
  const candidates = '{["'.includes(first) ? [readJson, readBson] : [readBson];
  for (const read of candidates) {
    try {
      const value = read(frame);
      if (isRecord(value)) return value;
    } catch {
      // The next one may know.
    }
  }
  return undefined;
}

const readJson = (frame: Buffer): unknown => JSON.parse(frame.toString('utf8'));

/** Regular expressions of strangers are not compiled, and numbers stay numbers. */
const readBson = (frame: Buffer): unknown => deserialize(frame, { bsonRegExp: true, promoteLongs: true });

/** A binary is JSON text, a text may be, and anything else is the commands themselves. */
function decodePayload(payload: unknown) {
  if (payload instanceof Binary) return parseCommands(Buffer.from(payload.buffer).toString('utf8'));
  if (payload instanceof Uint8Array) return parseCommands(Buffer.from(payload).toString('utf8'));
  return decodeCommands(payload ?? null);
}
