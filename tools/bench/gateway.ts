import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, until } from '@kso/testkit';
import { WebSocket } from 'ws';
import { quantile } from './measure.ts';
import type { BenchResult } from './result.ts';

const main = path.resolve(import.meta.dirname, '../../services/gateway/src/main.ts');
const account = 'bench';
const broadcasts = 20;
const targeted = 500;

/**
 * One gateway process with so many clients, all of them on loopback and held by this process, whose own work is part of the latency:
 * from the sending of a notification to its arrival at a client.
 */
export async function benchGateway(clients: number): Promise<BenchResult> {
  const input = `${clients.toLocaleString('en')} clients`;
  const [websocketPort, httpPort, healthPort] = [await freePort(), await freePort(), await freePort()];
  const gateway = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      KSO_LOG_LEVEL: 'warn',
      KSO_GATEWAY_WEBSOCKET_PORT: String(websocketPort),
      KSO_GATEWAY_HTTP_PORT: String(httpPort),
      KSO_GATEWAY_HEALTH_PORT: String(healthPort),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const fleet = new Fleet(`ws://127.0.0.1:${websocketPort}`, `http://127.0.0.1:${httpPort}`);
  try {
    await until('the gateway', async () => (await fetch(`http://127.0.0.1:${healthPort}/v1/readiness`)).ok);
    const emptyMiB = residentMiB(gateway);
    const startedAt = performance.now();
    await fleet.connect(clients);
    const connectMs = performance.now() - startedAt;
    const idleMiB = residentMiB(gateway);
    const toAll = await fleet.measure(broadcasts, () => ({ customerGUID: account }), clients);
    const toOne = await fleet.measure(
      targeted,
      (round) => ({ customerGUID: account, clusterName: nameOf(round % clients) }),
      1,
    );
    return {
      benchmark: 'gateway',
      input,
      values: {
        'connect ms': connectMs,
        'empty MiB': emptyMiB,
        'idle MiB': idleMiB,
        'KiB a client': ((idleMiB - emptyMiB) * 1024) / clients,
        'broadcast p50 ms': quantile(toAll, 0.5),
        'broadcast p99 ms': quantile(toAll, 0.99),
        'targeted p50 ms': quantile(toOne, 0.5),
        'targeted p99 ms': quantile(toOne, 0.99),
        'peak MiB': peakMiB(gateway),
      },
    };
  } catch (error) {
    return { benchmark: 'gateway', input, values: {}, failure: error instanceof Error ? error.message : String(error) };
  } finally {
    fleet.close();
    gateway.kill('SIGKILL');
    await once(gateway, 'exit');
  }
}

/** Clients of one account, each a cluster of its own. */
class Fleet {
  readonly #websocket: string;
  readonly #rest: string;
  readonly #sockets: WebSocket[] = [];
  #onFrame: () => void = () => undefined;

  constructor(websocket: string, rest: string) {
    this.#websocket = websocket;
    this.#rest = rest;
  }

  /** A hundred at a time, as after a restart of the gateway. */
  async connect(count: number): Promise<void> {
    for (let first = 0; first < count; first += 100) {
      const batch = Array.from({ length: Math.min(100, count - first) }, (_, index) => this.#open(first + index));
      await Promise.all(batch);
    }
  }

  async #open(index: number): Promise<void> {
    const query = new URLSearchParams({ customerGUID: account, clusterName: nameOf(index) }).toString();
    const socket = new WebSocket(`${this.#websocket}/v1/waitfornotification?${query}`, { perMessageDeflate: false });
    socket.on('message', () => this.#onFrame());
    await once(socket, 'open');
    this.#sockets.push(socket);
  }

  /** Sends `rounds` notifications, each when all receivers have the one before; milliseconds of each arrival. */
  async measure(rounds: number, target: (round: number) => object, receivers: number): Promise<number[]> {
    const latencies: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const body = JSON.stringify({ target: target(round), notification: { commands: [] } });
      let left = receivers;
      const sentAt = performance.now();
      this.#onFrame = () => {
        latencies.push(performance.now() - sentAt);
        left -= 1;
        if (left === 0) resolve();
      };
      const answer = await fetch(`${this.#rest}/v1/sendnotification`, { method: 'POST', body });
      if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
      await promise;
    }
    return latencies;
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}

function nameOf(index: number): string {
  return `cluster-${index}`;
}

function residentMiB(process: ChildProcess): number {
  return statusMiB(process, 'VmRSS');
}

function peakMiB(process: ChildProcess): number {
  return statusMiB(process, 'VmHWM');
}

/** A line of `/proc/PID/status`, in KiB there. */
function statusMiB({ pid }: ChildProcess, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
}
