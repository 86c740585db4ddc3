import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Gateway } from '@kso/gateway';
import { type BasePorts, createHealthServer, type Logger, type Service } from '@kso/kit';
import type { ScannerEvent } from '@kso/kubescape-scanner';
import { createInProcessQueue, type JobQueue } from '@kso/queue';
import { type ScheduleBook, sqliteScheduleBook } from '@kso/scheduler';
import type { SuiteConfig } from './config.ts';
import { makeDataFolders } from './data/folders.ts';
import { lockFolder } from './data/lock.ts';
import { observeQueue } from './jobs/observed-queue.ts';
import { openBackend, ownBackend } from './parts/backend.ts';
import { bookedSchedules } from './parts/booked-schedules.ts';
import { startCloudEndpoint } from './parts/cloud-endpoint.ts';
import { type Context, portsOf, type WorkingContext } from './parts/context.ts';
import { startGateway } from './parts/gateway.ts';
import type { ImagesPart } from './parts/images.ts';
import type { KollectorPart } from './parts/kollector.ts';
import { type OperatorPart, startOperator } from './parts/operator.ts';
import { type ScannerPart, startScanner } from './parts/scanner.ts';
import { openTarget, type TargetSource } from './parts/target-source.ts';
import { createFirstScan, type FirstScan, type ImageProgress, type PostureEnd } from './scan/first-scan.ts';
import { readImageRecords, readPendingImages, type SuiteSnapshot } from './scan/snapshot.ts';
import { createStack, type Stack } from './stack.ts';

export { type SuiteConfig, type SuiteConfigInput, suiteConfig } from './config.ts';
export { suiteErrors } from './errors.ts';
export { defaultPorts, type Listener } from './listeners.ts';
export type { ImageProgress, PostureEnd } from './scan/first-scan.ts';
export type { ImageScans, PendingImage, SuiteSnapshot } from './scan/snapshot.ts';

export interface SuitePorts extends BasePorts {
  /** Read for PATH, the tool cache, proxies. */
  readonly env: NodeJS.ProcessEnv;
  /** A log under the name of one of the services. */
  readonly loggerFor: (service: string) => Logger;
  /** The scanner's thread, when it is loading already (`@kso/kubescape-scanner/thread`). */
  readonly scannerThread?: Worker | undefined;
}

/** What happens while the suite runs, for a screen. */
export type SuiteEvent =
  | { readonly type: 'posture'; readonly event: ScannerEvent }
  | { readonly type: 'images'; readonly progress: ImageProgress };

/** Where the suite listens, once it has started. */
export interface SuiteUrls {
  readonly endpoint: string;
  readonly operator: string;
  readonly gateway: string;
  readonly gatewayWs: string;
  readonly scanner: string;
  /** Empty until the suite is complete. */
  readonly kubevuln: string;
}

export interface SuiteStart {
  /**
   * Asks for a scan of the configuration as soon as somebody can take the command, and leaves the parts that this scan does not need to
   * `complete`: who waits for its result has it sooner.
   */
  readonly scan?: boolean;
}

export interface Suite extends Service {
  start(options?: SuiteStart): Promise<void>;
  /** Starts what `start` has left out: scans of images, the kollector, the schedules. */
  complete(): Promise<void>;
  urls(): SuiteUrls;
  /** Tells of everything until the returned function is called. */
  onEvent(listener: (event: SuiteEvent) => void): () => void;
  /** Resolves when the first scan of the configuration has ended; asks for it unless the start has. Call it once. */
  scanPosture(signal?: AbortSignal): Promise<PostureEnd>;
  /** Resolves when every image that is known was scanned, or it is known why not. Waits for what kubevuln waits for. */
  imagesScanned(signal?: AbortSignal): Promise<void>;
  /** The composer has built the engines, or given up: scans that waited go on. */
  enginesArrived(): Promise<void>;
  /** Why nothing can go on at present, e.g. a full disk; undefined as long as jobs run. */
  stuck(): string | undefined;
  /** Resolves when all reports so far are at the CloudEndpoint. */
  delivered(signal: AbortSignal): Promise<void>;
  snapshot(): Promise<SuiteSnapshot>;
}

interface Parts {
  readonly urls: Omit<SuiteUrls, 'kubevuln'>;
  readonly operator: OperatorPart;
  readonly scanner: ScannerPart;
  readonly firstScan: FirstScan;
  readonly queue: JobQueue;
  startOthers(): Promise<OtherParts>;
}

/** What the first result does not need. */
interface OtherParts {
  readonly images: ImagesPart;
  readonly kollector: KollectorPart;
}

/**
 * All services in one process, over an embedded queue and SQLite files in the data folder. Each is made as in a process of its own and
 * knows the others by their addresses only. A process that is killed loses nothing: journal, results and outboxes are on disk, and the
 * CloudEndpoint knows what it has received.
 */
export function createSuite(config: SuiteConfig, ports: SuitePorts): Suite {
  const stack = createStack(config.ports);
  const listeners = new Set<(event: SuiteEvent) => void>();
  const tell = (event: SuiteEvent): void => {
    for (const listener of listeners) listener(event);
  };
  let parts: Parts | undefined;
  const running = (): Parts => {
    if (parts === undefined) throw new TypeError('the suite has not started');
    return parts;
  };
  let starting: Promise<OtherParts> | undefined;
  let others: OtherParts | undefined;
  const complete = async (): Promise<OtherParts> => {
    starting ??= running().startOthers();
    others = await starting;
    return others;
  };
  let isAsked = false;
  let lastScan: string | undefined;
  const onPosture = (event: ScannerEvent): void => {
    if (event.type === 'scan' && event.ok) lastScan = event.scanId;
    tell({ type: 'posture', event });
  };

  return {
    name: 'suite',
    start: async ({ scan = false } = {}) => {
      try {
        isAsked = scan;
        const onImages = (progress: ImageProgress) => tell({ type: 'images', progress });
        parts = await startParts(config, ports, { stack, scan, onImages, onPosture });
        if (!scan) await complete();
      } catch (error) {
        parts = undefined;
        await stack.unwind().catch(() => undefined);
        throw error;
      }
    },
    complete: async () => void (await complete()),
    stop: async () => {
      parts = undefined;
      // What is starting is on the stack when it has started.
      await starting?.catch(() => undefined);
      starting = undefined;
      others = undefined;
      await stack.unwind();
    },
    notReady: () =>
      others === undefined ? 'starting' : stack.services.find((each) => each.notReady?.())?.notReady?.(),
    urls: () => ({ ...running().urls, kubevuln: others?.images.kubevuln.url ?? '' }),
    onEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    scanPosture: async (signal) => {
      const { operator, firstScan } = running();
      if (!isAsked) await operator.requestPostureScan(firstScan.jobId);
      return firstScan.posture(signal);
    },
    imagesScanned: async (signal) => {
      const { firstScan } = running();
      const { kollector } = await complete();
      await kollector.firstImagesAsked(signal);
      await firstScan.images(signal);
    },
    stuck: () => parts?.queue.notReady(),
    enginesArrived: async () => (await complete()).images.enginesArrived(),
    delivered: async (signal) => {
      const { scanner, operator } = running();
      const { images } = await complete();
      await Promise.all([scanner.delivered(signal), images.delivered(signal), operator.delivered(signal)]);
    },
    snapshot: async () => {
      const { scanner, queue } = running();
      return {
        posture: lastScan === undefined ? undefined : scanner.scanner.readReport(lastScan),
        images: others === undefined ? [] : readImageRecords(others.images.store),
        pending: await readPendingImages(queue),
        imageScans: others?.images.kubevuln.readiness ?? { state: 'waiting', reason: 'starting' },
      };
    },
  };
}

interface StartOptions {
  readonly stack: Stack;
  readonly scan: boolean;
  readonly onImages: (progress: ImageProgress) => void;
  readonly onPosture: (event: ScannerEvent) => void;
}

/** In the order of who needs whom; the stack stops them in the opposite one. */
async function startParts(
  config: SuiteConfig,
  ports: SuitePorts,
  { stack, scan, onImages, onPosture }: StartOptions,
): Promise<Parts> {
  const { env } = ports;
  const { target } = config;
  const kind = target.sample === undefined ? target.type : 'sample';
  const folders = makeDataFolders(config.dataDir, { kind, name: target.path ?? target.name });
  const lock = lockFolder(folders.root);
  stack.onUnwind(() => lock.release());
  const context: Context = { config, folders, ports, stack };

  await startHealth(context);
  let gateway: Gateway | undefined;
  const backendUrl = config.backend.url ?? config.backend.reportUrl;
  const backend =
    backendUrl === undefined
      ? ownBackend(
          (await startCloudEndpoint(context, { gatewayUrl: () => gateway?.urls().rest ?? '', env })).url() ?? '',
        )
      : await openBackend(context, { url: backendUrl, env });
  const journal = createInProcessQueue({ file: join(folders.target, 'queue.db') }, portsOf(context, 'queue'));
  stack.onUnwind(() => journal.close());
  const firstScan = createFirstScan({ queue: journal, clock: ports.clock, onImages });
  const queue = observeQueue(journal, (event) => firstScan.observe(event));
  const working: WorkingContext = { ...context, queue, backend };

  // First of those that work: its thread loads while the others start.
  const scanner = await startScanner(working, env);
  stack.onUnwind(scanner.scanner.onResult(onPosture));
  gateway = await startGateway(context, { backend, env });
  const opened = await openTarget(context, env);
  const book = sqliteScheduleBook(join(folders.target, 'recurring-scans.db'));
  stack.onUnwind(() => book.close());
  const operator = await startOperator(working, {
    target: opened,
    gatewayUrl: gateway.urls().websocket,
    schedules: bookedSchedules(book, config.schedule.cron),
    env,
  });
  if (scan) await operator.requestPostureScan(firstScan.jobId);
  const operatorUrl = operator.operator.url;
  return {
    urls: {
      get endpoint() {
        return backend.reportUrl();
      },
      operator: operatorUrl,
      gateway: gateway.urls().rest,
      gatewayWs: gateway.urls().websocket,
      scanner: scanner.scanner.url ?? '',
    },
    operator,
    scanner,
    firstScan,
    queue,
    startOthers: () => startOthers(working, { env, target: opened, operatorUrl, book }),
  };
}

interface OthersOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly target: TargetSource;
  readonly operatorUrl: string;
  readonly book: ScheduleBook;
}

/** Loaded when they are started, so that the parts before need not wait for that either. */
async function startOthers(
  context: WorkingContext,
  { env, target, operatorUrl, book }: OthersOptions,
): Promise<OtherParts> {
  const { startImages } = await import('./parts/images.ts');
  const images = await startImages(context, { env, client: target.client });
  const { startKollector } = await import('./parts/kollector.ts');
  const kollector = await startKollector(context, { target, operatorUrl, env });
  const { startScheduler } = await import('./parts/scheduler.ts');
  await startScheduler(context, { operatorUrl, book, env });
  return { images, kollector };
}

/** Probes and metrics of all parts on one listener; asked when a probe comes, so parts that start later are in it. */
function startHealth({ config, ports, stack }: Context): Promise<Service> {
  const { services } = stack;
  const server = createHealthServer({ ...ports, host: config.host, port: config.ports.health, services });
  return stack.start(server, 'health');
}
