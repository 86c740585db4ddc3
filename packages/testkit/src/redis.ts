import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './ports.ts';
import { type RunningProgram, startProgram } from './process.ts';

export interface TestRedisOptions {
  /** Asked of every client when set. */
  readonly password?: string;
}

/** A `redis-server` of the test's own on loopback, with its append-only file in a temporary folder. */
export interface TestRedis {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** A connection for the test itself; closed by `stop`. */
  readonly client: Redis;
  /** Ends the server in order; its data stays. */
  shutdown(): Promise<void>;
  /** Kills it as a lost node would. */
  kill(): Promise<void>;
  /** Starts it again on the same port. `empty` forgets the data before. */
  restart(options?: { empty?: boolean }): Promise<void>;
  /** Stops the process without closing its connections (SIGSTOP), and lets it go on. */
  freeze(): void;
  thaw(): void;
  /** Names and ids of the connections, as in CLIENT LIST. */
  clients(): Promise<{ id: string; command: string; name: string }[]>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/** @throws PROGRAM_MISSING when there is no `redis-server`; use `missingPrograms('redis-server')` to skip loudly. */
export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kso-redis-'));
  const server = new Server(folder, await freePort(), options.password);
  await server.start();
  const { host, port } = server;
  const client = server.connect(null);
  return {
    host,
    port,
    url: `redis://${host}:${port}`,
    client,
    shutdown: () => server.end('SIGTERM'),
    kill: () => server.end('SIGKILL'),
    async restart({ empty = false } = {}) {
      await server.end('SIGTERM');
      if (empty) await rm(path.join(folder, 'data'), { recursive: true, force: true });
      await server.start();
    },
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    async clients() {
      return parseClientList(String(await client.client('LIST')));
    },
    async stop() {
      client.disconnect();
      await server.end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

class Server {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #folder: string;
  readonly #password: string | undefined;
  #program: RunningProgram | undefined;

  constructor(folder: string, port: number, password: string | undefined) {
    this.#folder = folder;
    this.port = port;
    this.#password = password;
  }

  async start(): Promise<void> {
    const settings = {
      bind: this.host,
      port: String(this.port),
      dir: this.#folder,
      appendonly: 'yes',
      // Every command is on disk before it is answered, so that a test may kill the server at any time.
      appendfsync: 'always',
      appenddirname: 'data',
      save: '',
      'maxmemory-policy': 'noeviction',
      ...(this.#password === undefined ? {} : { requirepass: this.#password }),
    };
    this.#program = await startProgram({
      program: 'redis-server',
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      logFile: path.join(this.#folder, 'redis.log'),
      ready: () => this.#answers(),
    });
  }

  connect(retries: number | null): Redis {
    const client = new Redis({
      host: this.host,
      port: this.port,
      maxRetriesPerRequest: retries,
      retryStrategy: () => (retries === null ? 50 : null),
      ...(this.#password === undefined ? {} : { password: this.#password }),
    });
    // Tests that end the server know why it is away.
    client.on('error', () => undefined);
    return client;
  }

  signal(signal: NodeJS.Signals): void {
    this.#program?.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    program?.kill('SIGCONT');
    program?.kill(signal);
    await program?.ended;
  }

  async #answers(): Promise<boolean> {
    const client = this.connect(0);
    try {
      return (await client.ping()) === 'PONG';
    } finally {
      client.disconnect();
    }
  }
}

function parseClientList(list: string): { id: string; command: string; name: string }[] {
  return list
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = new Map(line.split(' ').map((field) => field.split('=', 2) as [string, string]));
      return { id: fields.get('id') ?? '', command: fields.get('cmd') ?? '', name: fields.get('name') ?? '' };
    });
}
