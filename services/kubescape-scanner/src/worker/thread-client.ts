import type { Worker } from 'node:worker_threads';
import { backoffDelay, type Clock, describeError, type Logger } from '@kso/kit';
import { fail } from '../errors.ts';
import type { PostureFigures } from '../metrics/posture-figures.ts';
import type { WatchSample } from '../metrics/thread-watches.ts';
import type { PolicyDocuments } from '../policy/policy-documents.ts';
import type { ServiceRego } from '../policy/rego-of-service.ts';
import type { ReportPart } from '../scan/report-parts.ts';
import { newThread } from './new-thread.ts';
import type {
  ChangeBatch,
  FromWorker,
  ScanError,
  ScanHooks,
  ScanOrder,
  ScanOutcome,
  ToWorker,
  WorkerSettings,
  WorkerState,
} from './protocol.ts';
import { relayLine } from './relayed-log.ts';

export interface ThreadClientPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** One that is loading already (`newThread`), for the first start. */
  readonly thread?: Worker | undefined;
  /** What the thread is started with; asked again for each start, because the store has gone on. */
  settings(): WorkerSettings;
  onState(state: WorkerState): void;
  /** Stores a batch; throws when that fails. */
  store(batch: ChangeBatch): void;
}

/** The scanner's thread as seen from the listener's. */
export interface ThreadClient {
  start(): void;
  /** @throws the errors of a scan; WORKER_LOST, retryable, when the thread has ended meanwhile */
  scan(order: ScanOrder, hooks: ScanHooks, signal: AbortSignal): Promise<ScanOutcome>;
  /** Judge by this policy from now on; a thread that starts later gets it with its settings. */
  setPolicy(policy: PolicyDocuments): void;
  /** Evaluate these policies in Rego from now on; the same holds. */
  setRego(rego: ServiceRego): void;
  /** The state of the cluster in numbers; undefined when nothing was evaluated yet. @throws WORKER_LOST */
  figures(): Promise<PostureFigures | undefined>;
  /** What the watches of the thread have counted since it began; nothing without a thread. @throws WORKER_LOST */
  watches(): Promise<readonly WatchSample[]>;
  /** Why no scan can run at present. */
  notReady(): string | undefined;
  stop(): Promise<void>;
}

interface PendingScan {
  readonly resolve: (outcome: ScanOutcome) => void;
  readonly reject: (error: Error) => void;
  readonly hooks: ScanHooks;
}

/** To a question about the thread. */
type Answer = Extract<FromWorker, { readonly type: 'figures' | 'watches' }>;

const restart = { baseMs: 500, maxMs: 30_000 };

export function createThreadClient(ports: ThreadClientPorts): ThreadClient {
  return new WorkerThreadClient(ports);
}

class WorkerThreadClient implements ThreadClient {
  readonly #ports: ThreadClientPorts;
  readonly #scans = new Map<number, PendingScan>();
  readonly #asked = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #stop = new AbortController();
  #preloaded: Worker | undefined;
  #worker: Worker | undefined;
  #state: WorkerState | undefined;
  #nextId = 1;
  #failures = 0;

  constructor(ports: ThreadClientPorts) {
    this.#ports = ports;
    this.#preloaded = ports.thread;
  }

  start(): void {
    if (this.#worker !== undefined || this.#stop.signal.aborted) return;
    const preloaded = this.#preloaded;
    this.#preloaded = undefined;
    const worker = preloaded === undefined || hasEnded(preloaded) ? newThread() : preloaded;
    worker.ref();
    this.#worker = worker;
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) =>
      this.#ports.logger.error({ err: error }, 'the thread that evaluates controls failed'),
    );
    worker.on('exit', () => this.#exited(worker));
    send(worker, { type: 'start', settings: this.#ports.settings() });
  }

  scan(order: ScanOrder, hooks: ScanHooks, signal: AbortSignal): Promise<ScanOutcome> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.reject(fail('WORKER_LOST'));
    const id = this.#nextId++;
    const cancel = (): void => send(worker, { type: 'cancel', id });
    return new Promise<ScanOutcome>((resolve, reject) => {
      this.#scans.set(id, { resolve, reject, hooks });
      send(worker, { type: 'scan', id, order });
      if (signal.aborted) cancel();
      signal.addEventListener('abort', cancel, { once: true });
    }).finally(() => signal.removeEventListener('abort', cancel));
  }

  setPolicy(policy: PolicyDocuments): void {
    if (this.#worker !== undefined) send(this.#worker, { type: 'policy', policy });
  }

  setRego(rego: ServiceRego): void {
    if (this.#worker !== undefined) send(this.#worker, { type: 'rego', rego });
  }

  async figures(): Promise<PostureFigures | undefined> {
    const answer = await this.#ask('figures');
    return answer?.type === 'figures' ? answer.figures : undefined;
  }

  async watches(): Promise<readonly WatchSample[]> {
    const answer = await this.#ask('watches');
    return answer?.type === 'watches' ? answer.samples : [];
  }

  /** Undefined without a thread. */
  #ask(type: Answer['type']): Promise<Answer | undefined> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.resolve(undefined);
    const id = this.#nextId++;
    const asked = Promise.withResolvers<Answer>();
    this.#asked.set(id, asked);
    send(worker, { type, id });
    return asked.promise;
  }

  notReady(): string | undefined {
    if (this.#worker === undefined || this.#state === undefined) return 'the evaluation is starting';
    if (this.#state.phase === 'reading') return 'objects are being read for the first time';
    return this.#state.phase === 'failed' ? this.#state.reason : undefined;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    send(worker, { type: 'stop' });
    await exited;
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'state':
        this.#state = message.state;
        if (message.state.phase === 'watching') this.#failures = 0;
        this.#ports.onState(message.state);
        return;
      case 'progress':
        this.#scans.get(message.id)?.hooks.onProgress(message.progress);
        return;
      case 'part':
        void this.#takePart(message.id, message.part);
        return;
      case 'scanned':
        this.#take(message.id)?.resolve(message.outcome);
        return;
      case 'refused':
        this.#take(message.id)?.reject(scanFailure(message.error));
        return;
      case 'changes':
        this.#store(message.batch, message.changes);
        return;
      case 'figures':
      case 'watches':
        this.#asked.get(message.id)?.resolve(message);
        this.#asked.delete(message.id);
        return;
      case 'log':
        relayLine(message.line, this.#ports.logger);
        return;
    }
  }

  #store(batch: number, changes: ChangeBatch): void {
    let ok = true;
    try {
      this.#ports.store(changes);
    } catch (error) {
      ok = false;
      this.#ports.logger.error({ err: error, results: changes.changed.length }, 'posture results could not be stored');
    }
    if (this.#worker !== undefined) send(this.#worker, { type: 'stored', batch, ok });
  }

  async #takePart(id: number, part: ReportPart): Promise<void> {
    let problem: string | undefined;
    try {
      await this.#scans.get(id)?.hooks.takePart(part);
    } catch (error) {
      problem = describeError(error);
    }
    if (this.#worker !== undefined)
      send(this.#worker, { type: 'partTaken', id, ...(problem === undefined ? {} : { problem }) });
  }

  #take(id: number): PendingScan | undefined {
    const scan = this.#scans.get(id);
    this.#scans.delete(id);
    return scan;
  }

  #exited(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#state = undefined;
    for (const { reject } of this.#scans.values()) reject(fail('WORKER_LOST'));
    this.#scans.clear();
    for (const { reject } of this.#asked.values()) reject(fail('WORKER_LOST'));
    this.#asked.clear();
    if (this.#stop.signal.aborted) return;
    this.#failures++;
    this.#ports.clock
      .sleep(backoffDelay(this.#failures, restart), this.#stop.signal)
      .then(() => this.start())
      .catch(() => undefined);
  }
}

function scanFailure({ code, context, stack }: ScanError): Error {
  if (stack === undefined) return fail(code, context);
  const cause = new Error(String(context['problem']));
  cause.stack = stack;
  return fail(code, context, cause);
}

function hasEnded({ threadId }: Worker): boolean {
  return threadId < 0;
}

function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message, []);
}
