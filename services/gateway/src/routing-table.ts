import type { Gauge, Logger, Metrics } from '@kso/kit';
import { type Attributes, matches } from './attributes.ts';
import type { Notification } from './notification.ts';

/** A registered receiver. */
export interface Receiver {
  readonly id: number;
  readonly attributes: Attributes;
  /** Hands the bytes over as one binary frame; `done` is called once, when they are written or with the reason why not. */
  send(bytes: Buffer, done: (sent: Sent) => void): void;
  /** Milliseconds since anything came from it. */
  silentFor(): number;
  /** Milliseconds since the first ping that it has not answered; 0 without one. */
  unansweredFor(): number;
  ping(): void;
  /** Says goodbye. */
  close(code: number, reason: string): void;
  /** Ends the connection without a farewell: one that does not read would not read that either. */
  drop(): void;
}

export type Sent = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Where notifications come from, for the metrics. */
export type Source = 'rest' | 'client' | 'master';

export interface Routed {
  readonly receivers: number;
  /** Texts for the sender; only filled for synchronous notifications. */
  readonly failures: readonly string[];
}

/** Who is connected, and the delivery of notifications to those that match (operator-gateway.md 3.3). */
export interface RoutingTable {
  add(receiver: Receiver): void;
  remove(id: number): void;
  readonly size: number;
  all(): Iterable<Receiver>;
  /** Nobody matches: dropped, and still a success; the protocol has no queue. */
  route(notification: Notification, source: Source): Promise<Routed>;
  /** Something came from there that was no notification. */
  refused(source: Source): void;
}

export interface RoutingTableOptions {
  /** How long a synchronous notification waits for one receiver, in ms. */
  readonly sendTimeout: number;
}

export function createRoutingTable(
  options: RoutingTableOptions,
  ports: { readonly logger: Logger; readonly metrics: Metrics },
): RoutingTable {
  const receivers = new Map<number, Receiver>();
  const meters = createMeters(ports.metrics, receivers);

  const settle = (receiver: Receiver, sent: Sent): string | undefined => {
    meters.deliveries.inc({ outcome: sent.ok ? 'sent' : 'failed' });
    if (sent.ok) return undefined;
    const { id, attributes } = receiver;
    // Once for a client, however many frames were on their way to it.
    if (receivers.delete(id)) {
      receiver.drop();
      ports.logger.warn({ connection: id, attributes, reason: sent.reason }, 'client dropped');
    }
    return `in sendSingleNotification ${JSON.stringify(attributes)}, connection ${id} is not alive, error: ${sent.reason}`;
  };

  const find = (target: Attributes): Receiver[] => {
    const found: Receiver[] = [];
    for (const receiver of receivers.values()) if (matches(receiver.attributes, target)) found.push(receiver);
    return found;
  };

  return {
    add: (receiver) => void receivers.set(receiver.id, receiver),
    remove: (id) => void receivers.delete(id),
    get size() {
      return receivers.size;
    },
    all: () => receivers.values(),
    route: async (notification, source) => {
      const found = find(notification.target);
      meters.notifications.inc({ source });
      if (found.length === 0) meters.dropped.inc({ source, reason: 'noReceiver' });
      ports.logger.debug({ source, target: notification.target, receivers: found.length }, 'notification routed');
      if (!notification.synchronous) {
        for (const receiver of found) receiver.send(notification.bytes, (sent) => void settle(receiver, sent));
        return { receivers: found.length, failures: [] };
      }
      const failures: string[] = [];
      for (const receiver of found) {
        const failure = settle(receiver, await sendAndWait(receiver, notification.bytes, options.sendTimeout));
        if (failure !== undefined) failures.push(failure);
      }
      return { receivers: found.length, failures };
    },
    refused: (source) => meters.dropped.inc({ source, reason: 'malformed' }),
  };
}

function sendAndWait(receiver: Receiver, bytes: Buffer, timeoutMs: number): Promise<Sent> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ ok: false, reason: 'time-out' }), timeoutMs);
    receiver.send(bytes, (sent) => {
      clearTimeout(timer);
      resolve(sent);
    });
  });
}

function createMeters(metrics: Metrics, receivers: ReadonlyMap<number, Receiver>) {
  const connections: Gauge = metrics.gauge({
    name: 'kso_gateway_connections',
    help: 'Websocket clients that are connected.',
    collect: () => connections.set(receivers.size),
  });
  return {
    notifications: metrics.counter({
      name: 'kso_gateway_notifications_total',
      help: 'Notifications taken.',
      labelNames: ['source'],
    }),
    dropped: metrics.counter({
      name: 'kso_gateway_notifications_dropped_total',
      help: 'Notifications that nobody was there for, and what was none.',
      labelNames: ['source', 'reason'],
    }),
    deliveries: metrics.counter({
      name: 'kso_gateway_deliveries_total',
      help: 'Frames to clients.',
      labelNames: ['outcome'],
    }),
  };
}
