import { PassThrough } from 'node:stream';
import type { Change } from '../ingest/port.ts';

/** More pages than this do not listen at once; each holds a connection. */
const maxListeners = 100;
/** A listener that does not read is let go before its unread events cost memory. */
const maxBufferedBytes = 65_536;
/** Proxies close connections on which nothing moves. */
const heartbeatMs = 20_000;

interface Listener {
  readonly account: string;
  readonly stream: PassThrough;
}

/** Server-sent events: tells open pages what changed, so that they read it again. Events carry no data beyond that. */
export interface EventHub {
  /** Undefined when too many listen. */
  listen(account: string): PassThrough | undefined;
  publish(change: Change): void;
  close(): void;
}

export function createEventHub(): EventHub {
  const listeners = new Set<Listener>();
  const heartbeat = setInterval(() => {
    for (const listener of listeners) send(listener, ': still here\n\n');
  }, heartbeatMs);
  heartbeat.unref();

  const send = (listener: Listener, text: string): void => {
    if (listener.stream.writableLength > maxBufferedBytes) listener.stream.destroy();
    else listener.stream.write(text);
  };

  return {
    listen(account) {
      if (listeners.size >= maxListeners) return undefined;
      const listener = { account, stream: new PassThrough() };
      listeners.add(listener);
      listener.stream.once('close', () => listeners.delete(listener));
      // The page learns at once that it is connected, and how long to wait when it is not.
      listener.stream.write('retry: 2000\n\n');
      return listener.stream;
    },
    publish({ account, cluster, what }) {
      const text = `event: change\ndata: ${JSON.stringify({ cluster, what })}\n\n`;
      for (const listener of listeners) if (listener.account === account) send(listener, text);
    },
    close() {
      clearInterval(heartbeat);
      for (const { stream } of listeners) stream.end();
      listeners.clear();
    },
  };
}
