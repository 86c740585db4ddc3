import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SbomOutcome, SbomRequest } from '@kso/engines';
import type { Clock } from '@kso/kit';
import type { SbomFailure, SbomOrder } from './protocol.ts';

type RegistryRequest = SbomRequest & { readonly source: Extract<SbomRequest['source'], { type: 'registry' }> };

/** An order that waits for its answer. */
export interface OpenOrder {
  readonly id: string;
  /** Resolves with the first answer; never, if none comes. */
  readonly answer: Promise<SbomOutcome>;
  /** No answer is taken from now on. */
  close(): void;
}

/** What became of an upload. */
export type Received = 'taken' | 'unknown' | 'otherVersion' | 'tooLarge';

/**
 * The SBOMs that the owner waits for. Orders live in memory: they carry logins, and after a restart of the owner its scans run again
 * and ask anew.
 */
export interface SbomOrders {
  open(request: RegistryRequest, engineVersion: string): OpenOrder;
  /** Undefined: nobody waits for it any more. */
  get(id: string): SbomOrder | undefined;
  receiveSbom(id: string, engineVersion: string, body: Readable): Promise<Received>;
  /** False: nobody waits for it any more. */
  receiveFailure(id: string, failure: SbomFailure): boolean;
}

interface Waiting {
  readonly request: RegistryRequest;
  readonly engineVersion: string;
  /** Epoch milliseconds. */
  readonly until: number;
  readonly answer: PromiseWithResolvers<SbomOutcome>;
}

export function createSbomOrders(clock: Pick<Clock, 'now'>): SbomOrders {
  const orders = new Map<string, Waiting>();
  return {
    open: (request, engineVersion) => {
      const id = randomUUID();
      const answer = Promise.withResolvers<SbomOutcome>();
      orders.set(id, { request, engineVersion, until: clock.now() + request.timeoutMs, answer });
      return { id, answer: answer.promise, close: () => void orders.delete(id) };
    },
    get: (id) => {
      const order = orders.get(id);
      const timeoutMs = Math.floor((order?.until ?? 0) - clock.now());
      if (order === undefined || timeoutMs <= 0) return undefined;
      const { source, maxImageBytes, maxSbomBytes } = order.request;
      const { engineVersion } = order;
      return {
        source: { ...source, credentials: [...source.credentials] },
        engineVersion,
        timeoutMs,
        maxImageBytes,
        maxSbomBytes,
      };
    },
    receiveSbom: async (id, engineVersion, body) => {
      const order = orders.get(id);
      if (order === undefined) return 'unknown';
      if (engineVersion !== order.engineVersion) return 'otherVersion';
      const { target, maxSbomBytes } = order.request;
      // Of its own, as two workers may have the same order after one was taken for dead.
      const upload = `${target}.${randomUUID()}`;
      try {
        const bytes = await save(body, upload, maxSbomBytes);
        if (bytes === undefined) return 'tooLarge';
        // The folder goes when nobody waits any more; whoever answered first has been taken.
        if (!orders.delete(id)) return 'unknown';
        await rename(upload, target);
        order.answer.resolve({ outcome: 'created', bytes, engineVersion });
        return 'taken';
      } finally {
        await rm(upload, { force: true });
      }
    },
    receiveFailure: (id, failure) => {
      const order = orders.get(id);
      if (order === undefined) return false;
      orders.delete(id);
      order.answer.resolve(
        failure.outcome === 'outOfMemory' ? { ...failure, limitBytes: failure.limitBytes } : failure,
      );
      return true;
    },
  };
}

class TooLarge extends Error {}

/** The number of bytes; undefined for more than `maxBytes`. @throws when the sender goes away or the file cannot be written */
async function save(body: Readable, file: string, maxBytes: number): Promise<number | undefined> {
  let bytes = 0;
  const counted = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new TooLarge());
      else done(null, chunk);
    },
  });
  try {
    await pipeline(body, counted, createWriteStream(file, { mode: 0o600, flags: 'wx' }));
    return bytes;
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}
