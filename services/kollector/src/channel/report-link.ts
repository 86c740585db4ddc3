import { type BasePorts, backoffDelay, type Outgoing, type Secret, webSocketAgent } from '@kso/kit';
import { WebSocket } from 'ws';

export interface ReportLinkOptions {
  readonly url: URL;
  readonly key: Secret | undefined;
  readonly outgoing: Outgoing | undefined;
  readonly pingIntervalMs: number;
  readonly backoff: { readonly minMs: number; readonly maxMs: number };
}

/** One connection to the receiver. */
export interface ReportSession {
  /** Resolves when the frame was handed to the network, rejects when the connection is over. One frame at a time. */
  send(frame: string): Promise<void>;
  /** Aborts when the connection is over. */
  readonly signal: AbortSignal;
}

/** How the connection is, for probes. */
export interface LinkState {
  readonly isConnected: boolean;
  /** Epoch ms. */
  readonly since: number;
  /** Why there is none. */
  readonly problem: string;
  /** The receiver does not want our key: nobody but a person can change that. */
  readonly isRejected: boolean;
}

export interface ReportLink {
  readonly state: LinkState;
  /**
   * Connects, and again for ever, until `signal` aborts; runs `report` on each connection. `report` ends when its session does, or soon after
   * `signal` has aborted; then the connection is closed in the orderly way.
   */
  run(report: (session: ReportSession) => Promise<void>, signal: AbortSignal): Promise<void>;
}

export type ReportLinkPorts = Pick<BasePorts, 'clock' | 'logger'> & {
  /** Told of each change. */
  readonly onChange?: (state: LinkState) => void;
  /** 0 ≤ x < 1; `Math.random` by default. */
  readonly random?: () => number;
};

/** A connection that stood this long was a good one: the next wait is a short one again. */
const healthyAfterMs = 60_000;
const handshakeTimeoutMs = 10_000;
/** Nothing is expected from the receiver. */
const maxPayload = 1024 * 1024;
const closeTimeoutMs = 2000;
/** Pings that may stay unanswered (kollector.md 10.3). */
const maxUnanswered = 2;
/** Part of a wait that is left to chance, so that many reporters do not come back together. */
const jitter = 0.2;

interface End {
  readonly reason: string;
  readonly isRejected: boolean;
}

/** The websocket over which reports leave (kollector.md 10). */
export function createReportLink(options: ReportLinkOptions, ports: ReportLinkPorts): ReportLink {
  const { clock, random = Math.random } = ports;
  const logger = ports.logger.child({ receiver: options.url.host });
  let state: LinkState = { isConnected: false, since: clock.now(), problem: 'not connected yet', isRejected: false };

  const change = (next: Omit<LinkState, 'since'>) => {
    const since = next.isConnected === state.isConnected ? state.since : clock.now();
    state = { ...next, since };
    ports.onChange?.(state);
  };

  const connect = async (report: (session: ReportSession) => Promise<void>, signal: AbortSignal): Promise<End> => {
    const { outgoing, url } = options;
    const agent = outgoing === undefined ? undefined : webSocketAgent(url, outgoing);
    const socket = open(options, agent);
    const life = new AbortController();
    let end: End = { reason: 'closed by the receiver', isRejected: false };
    const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
    const giveUp = () => {
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
    };
    let working = Promise.resolve();

    socket.on('open', () => {
      change({ isConnected: true, problem: '', isRejected: false });
      logger.info({}, 'connected to the receiver of reports');
      keepAlive(socket, life.signal).catch(() => {});
      working = report({ send: (frame) => send(socket, frame), signal: life.signal })
        .catch((error: unknown) => {
          if (!life.signal.aborted) logger.error({ err: error }, 'a report could not be sent');
        })
        .then(() => leave(socket, life.signal));
    });
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0;
      end = { reason: `the receiver answered ${status}`, isRejected: status === 401 || status === 403 };
      response.destroy();
      socket.terminate();
    });
    socket.on('error', (error) => {
      if (end.reason === 'closed by the receiver') end = { ...end, reason: describeFailure(error) };
    });
    socket.on('close', () => onClosed());
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();

    await closed;
    life.abort(new Error(end.reason));
    signal.removeEventListener('abort', giveUp);
    await working;
    agent?.destroy();
    return end;
  };

  /** Ends by its signal, or by ending the connection. */
  const keepAlive = async (socket: WebSocket, signal: AbortSignal) => {
    let unanswered = 0;
    const alive = () => {
      unanswered = 0;
    };
    socket.on('pong', alive);
    socket.on('ping', alive);
    while (!signal.aborted) {
      await clock.sleep(options.pingIntervalMs, signal);
      if (unanswered > maxUnanswered) {
        logger.warn({}, 'the receiver of reports does not answer pings');
        socket.terminate();
        return;
      }
      unanswered += 1;
      socket.ping('ping');
    }
  };

  const leave = async (socket: WebSocket, signal: AbortSignal) => {
    if (signal.aborted) return;
    socket.close(1000);
    await clock.sleep(closeTimeoutMs, signal).then(
      () => socket.terminate(),
      () => {},
    );
  };

  const wait = (failures: number, { isRejected }: End) => {
    const { minMs, maxMs } = options.backoff;
    const doubled = backoffDelay(failures, { baseMs: minMs, maxMs, random: () => 1 });
    return Math.round((isRejected ? maxMs : doubled) * (1 + jitter * random()));
  };

  return {
    get state() {
      return state;
    },
    run: async (report, signal) => {
      for (let failures = 1; !signal.aborted; failures += 1) {
        const begun = clock.now();
        const end = await connect(report, signal);
        const stood = state.isConnected ? clock.now() - begun : 0;
        change({ isConnected: false, problem: end.reason, isRejected: end.isRejected });
        if (signal.aborted) return;
        if (stood >= healthyAfterMs) failures = 1;
        const delayMs = wait(failures, end);
        if (end.isRejected) logger.error({ reason: end.reason, delayMs }, 'authentication rejected');
        else logger.warn({ reason: end.reason, failures, delayMs }, 'no connection to the receiver of reports');
        await clock.sleep(delayMs, signal).catch(() => {});
      }
    },
  };
}

function open({ url, key }: ReportLinkOptions, agent: ReturnType<typeof webSocketAgent>): WebSocket {
  return new WebSocket(url, {
    ...(agent === undefined ? {} : { agent }),
    // Sent also when it is empty (kollector.md 10.1).
    headers: { 'X-API-KEY': key?.reveal() ?? '' },
    handshakeTimeout: handshakeTimeoutMs,
    maxPayload,
    perMessageDeflate: false,
    followRedirects: false,
  });
}

function send(socket: WebSocket, frame: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(frame, (error) => {
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
}

/** A certificate that is not trusted is most often a proxy that intercepts TLS: its code says so better than the message. */
function describeFailure(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}
