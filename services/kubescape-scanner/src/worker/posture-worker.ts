import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { backoffDelay, describeError } from '@kso/kit';
import type { PostureReportInput } from '@kso/report';
import type { ResourceResult } from '@kso/wire';
import { fail } from '../errors.ts';
import { figuresOf, type PostureFigures } from '../metrics/posture-figures.ts';
import type { PolicyDocuments } from '../policy/policy-documents.ts';
import { type PolicyInForce, requestExceptions, takeOverPolicy } from '../policy/posture-policy.ts';
import type { ServiceRego } from '../policy/rego-of-service.ts';
import { type Assembled, assemble, withResourcesOfNow } from '../scan/assemble.ts';
import { isSameChoice } from '../scan/namespaces.ts';
import { nothingEvaluated } from '../scan/nothing-evaluated.ts';
import type { ScanProgress } from '../scan/progress.ts';
import { writeReportFile } from '../scan/report-file.ts';
import { type ReportPart, reportParts } from '../scan/report-parts.ts';
import { createRunningSummary, type RunningSummary } from '../scan/running-summary.ts';
import type { Changes, Session } from '../scan/session.ts';
import { placeOf, selectable, selectTarget, targetOf } from '../scan/target.ts';
import { abortable } from './abortable.ts';
import { createExpiryWatch, type ExpiryWatch } from './expiry-watch.ts';
import { type OpenSession, openSession } from './open-session.ts';
import type { PostureWorker, PostureWorkerPorts } from './port.ts';
import type { ScanHooks, ScanOrder, ScanOutcome, WorkerSettings, WorkerState } from './protocol.ts';
import { resultsOfObject, withExceptions } from './scan-object.ts';
import { Unpublished } from './unpublished.ts';

/** Results in one batch to the store: each is one transaction, and the listener's thread is busy for as long as it takes. */
const batchSize = 250;
const retry = { baseMs: 1000, maxMs: 30_000 };

/** What it has told of the state of the cluster. */
interface Said {
  readonly figures: PostureFigures;
  readonly numbers: Omit<WorkerState, 'phase' | 'reason'>;
}

export function createPostureWorker(settings: WorkerSettings, ports: PostureWorkerPorts): PostureWorker {
  return new ThreadWorker(settings, ports);
}

class ThreadWorker implements PostureWorker {
  readonly #settings: WorkerSettings;
  readonly #ports: PostureWorkerPorts;
  readonly #stop = new AbortController();
  readonly #unpublished: Unpublished;
  #documents: PolicyDocuments;
  #rego: ServiceRego;
  #policy: PolicyInForce;
  readonly #expiry: ExpiryWatch;
  #opened: OpenSession | undefined;
  #session: Session | undefined;
  #running: RunningSummary | undefined;
  #reading: Promise<Session> | undefined;
  /** Evaluations and publications one after another, also those of scans. */
  #turn: Promise<unknown> = Promise.resolve();
  #isScheduled = false;
  /** Everything was read once. */
  #isRead = false;
  #isFirst = true;
  /** What the session before the present one has said, until this one is evaluated. */
  #before: Said | undefined;
  #onProgress: ((progress: ScanProgress) => void) | undefined;

  constructor(settings: WorkerSettings, ports: PostureWorkerPorts) {
    this.#settings = settings;
    this.#documents = settings.policy;
    this.#rego = settings.rego;
    this.#policy = takeOverPolicy(settings.policy, settings.rego);
    this.#ports = ports;
    this.#unpublished = new Unpublished(settings.known);
    this.#expiry = createExpiryWatch(ports.clock, (session) =>
      this.#inTurn(async () => {
        session.engine.expireExceptions(ports.clock.now());
        this.#schedule();
      }),
    );
  }

  async run(): Promise<void> {
    for (let attempt = 1; !this.#stop.signal.aborted; attempt++) {
      try {
        await this.#ready();
        if (this.#settings.continuous) await this.#inTurn(() => this.#settle());
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#ports.logger.warn({ err: error, attempt }, 'the objects cannot be read');
        await this.#ports.clock.sleep(backoffDelay(attempt, retry), this.#stop.signal).catch(() => undefined);
      }
    }
  }

  async scan(order: ScanOrder, hooks: ScanHooks, signal: AbortSignal): Promise<ScanOutcome> {
    this.#onProgress = (progress) => hooks.onProgress(progress);
    try {
      await abortable(this.#ready(), signal);
      return await this.#inTurn(async () => {
        // Meanwhile everything may have to be read again.
        const session = await abortable(this.#ready(), signal);
        return this.#scanNow(session, order, hooks, signal);
      });
    } finally {
      this.#onProgress = undefined;
    }
  }

  setPolicy(documents: PolicyDocuments): void {
    this.#documents = documents;
    this.#policy = takeOverPolicy(documents, this.#rego, this.#policy.policy);
    for (const { component, reason } of this.#policy.policy.degradations)
      this.#ports.logger.warn({ component, reason }, 'a part of the policy cannot be used as it should');
    for (const problem of this.#policy.problems) this.#ports.logger.error({ problem }, 'the policy cannot be used');
    // Not in the middle of an evaluation, and not while a report is written.
    const { policy } = this.#policy;
    void this.#inTurn(async () => {
      if (this.#session === undefined) return;
      const isOtherCatalogue = this.#session.policy.catalogue !== policy.catalogue;
      this.#session.policy = policy;
      if (isOtherCatalogue) this.#running = this.#runningSummary(this.#session);
      this.#expiry.follow(this.#session);
      this.#schedule();
    });
  }

  setRego(rego: ServiceRego): void {
    const isOther = rego.version !== this.#rego.version;
    this.#rego = rego;
    if (!isOther) return;
    this.#policy = takeOverPolicy(this.#documents, rego, this.#policy.policy);
    void this.#inTurn(() => this.#readAgain());
  }

  figures(): PostureFigures | undefined {
    const session = this.#session;
    if (session === undefined || this.#isFirst) return this.#before?.figures;
    const assembled = this.#assembleEverything(session, { scanId: '' });
    return assembled === undefined ? undefined : figuresOf(assembled.input);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    // What is being opened can be closed only when it is open, and a turn may wait for it.
    await this.#reading?.catch(() => undefined);
    await this.#turn;
    await this.#forget();
  }

  /** The session with everything read once; opened when it is first needed, and again after a failure. */
  #ready(): Promise<Session> {
    this.#reading ??= this.#read().catch(async (error: unknown) => {
      await this.#forget();
      if (this.#stop.signal.aborted) throw error;
      const problem = describeError(error);
      this.#report('failed', problem);
      throw fail('SOURCE_UNAVAILABLE', { problem }, error);
    });
    return this.#reading;
  }

  async #read(): Promise<Session> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    this.#opened = await openSession(this.#settings, {
      openSource: () => this.#ports.openSource(),
      rego: () => this.#rego,
      policy: () => this.#policy.policy,
      onChange: () => this.#schedule(),
      onProgress: (progress) => this.#onProgress?.(progress),
    });
    signal.throwIfAborted();
    const { session } = this.#opened;
    this.#expiry.follow(session);
    this.#session = session;
    this.#report('reading');
    await abortable(this.#opened.start(), signal);
    this.#running = this.#runningSummary(session);
    this.#isRead = true;
    this.#report('watching');
    return session;
  }

  /**
   * What was stored and what figures say stays so until the first evaluation of the new session. The two are never open together: that
   * would take the memory of both.
   */
  async #readAgain(): Promise<void> {
    if (this.#reading === undefined || this.#stop.signal.aborted) return;
    await this.#reading.catch(() => undefined);
    const figures = this.figures();
    if (figures !== undefined) this.#before = { figures, numbers: this.#numbers() };
    await this.#forget();
    void this.run();
  }

  /** Closes what is open; whoever needs a session next opens another. */
  async #forget(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#session = undefined;
    this.#running = undefined;
    this.#reading = undefined;
    this.#isRead = false;
    this.#isFirst = true;
    this.#expiry.stop();
    await opened?.close().catch(() => undefined);
  }

  #runningSummary(session: Session): RunningSummary {
    return createRunningSummary(session.engine, placeOf(session), session.policy.catalogue, this.#settings.namespaces);
  }

  /** Evaluates soon: changes that come together are evaluated together. */
  #schedule(): void {
    // What is half read must not be evaluated: what is missing would count as gone.
    if (!this.#settings.continuous || this.#isScheduled || !this.#isRead) return;
    this.#isScheduled = true;
    this.#ports.clock
      .sleep(this.#settings.settleMs, this.#stop.signal)
      .then(() => {
        this.#isScheduled = false;
        return this.#inTurn(() => this.#settle());
      })
      .catch((error: unknown) => {
        this.#isScheduled = false;
        if (!this.#stop.signal.aborted) this.#ports.logger.error({ err: error }, 'changes could not be evaluated');
      });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Evaluates what is marked and publishes what differs from the store, as a report about changes. */
  async #settle(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const isInitial = this.#isFirst && this.#unpublished.startedEmpty;
    await this.#evaluate(session, this.#stop.signal);
    // The first state of all is no change: the first full scan reports it.
    await this.#publish(session, !isInitial);
    this.#report('watching');
  }

  async #evaluate(session: Session, signal?: AbortSignal): Promise<void> {
    const changes = await session.evaluate(signal);
    const isElsewhere = this.#running !== undefined && this.#running.provider !== placeOf(session).provider;
    if (isElsewhere) this.#running = this.#runningSummary(session);
    else this.#running?.update(changes);
    this.#unpublished.add(changes);
    if (!this.#isFirst) return;
    this.#isFirst = false;
    this.#before = undefined;
    this.#unpublished.addVanished((id) => session.engine.resource(id) !== undefined);
  }

  async #publish(session: Session, withReport: boolean): Promise<void> {
    for (let next = this.#unpublished.take(batchSize); next !== undefined; next = this.#unpublished.take(batchSize)) {
      const reportGuid = randomUUID();
      const parts = withReport ? this.#changeReport(session, reportGuid, next.changes) : [];
      const ok = await this.#ports.store({ ...next.changes, reportGuid, parts });
      this.#unpublished.settle(next.batch, ok);
      if (ok) continue;
      // The store refuses: it will again in the next moment. What is left stays, and the next change or the timer tries again.
      this.#retryLater();
      return;
    }
  }

  #retryLater(): void {
    this.#ports.clock
      .sleep(this.#settings.retryMs, this.#stop.signal)
      .then(() => this.#schedule())
      .catch(() => undefined);
  }

  #changeReport(session: Session, reportGuid: string, { changed, removed }: Changes): ReportPart[] {
    const assembled = this.#assembleEverything(session, { scanId: reportGuid, only: changed });
    // Of namespaces that nobody wants to hear of nothing is left.
    if (assembled === undefined || (assembled.input.results.length === 0 && removed.length === 0)) return [];
    return [...reportParts(assembled.input, { limitBytes: this.#settings.partBytes, deletedResourceIds: removed })];
  }

  /** What a report of all controls says, with the summary that is kept up to date. */
  #assembleEverything(
    session: Session,
    options: { readonly scanId: string; readonly only?: readonly ResourceResult[] },
  ): Assembled | undefined {
    const running = this.#running;
    if (running === undefined) return undefined;
    const { controls, frameworks } = running;
    const everything = { target: { type: 'all', names: [] }, ...this.#settings.namespaces } as const;
    return this.#assemble(session, { ...options, ...everything, controls, frameworks, running });
  }

  async #scanNow(session: Session, order: ScanOrder, hooks: ScanHooks, signal: AbortSignal): Promise<ScanOutcome> {
    const { request, scanId } = order;
    const target = targetOf(request);
    const selection = selectTarget(target, placeOf(session), selectable(session.policy.catalogue));
    if (!selection.ok) throw fail('UNKNOWN_TARGETS', { unknown: selection.unknown });
    if (this.#policy.problems.length > 0) throw fail('POLICY_INVALID', { problems: this.#policy.problems });

    await this.#evaluate(session, signal);
    const exceptions = request.exceptions === undefined ? undefined : requestExceptions(request.exceptions);
    const ofObject = await resultsOfObject(session, request, {
      clock: this.#ports.clock,
      signal,
      evaluate: () => this.#evaluate(session, signal),
    });
    const only = exceptions === undefined ? ofObject : withExceptions(session, exceptions, ofObject);
    const isEverything =
      ofObject === undefined &&
      exceptions === undefined &&
      target.type === 'all' &&
      isSameChoice(request, this.#settings.namespaces);
    // A report of everything tells the changes as well; any other leaves some of them untold.
    await this.#publish(session, !isEverything);

    const assembled = this.#assemble(session, {
      scanId,
      target,
      ...selection,
      only,
      exceptions,
      includeNamespaces: request.includeNamespaces,
      excludedNamespaces: request.excludedNamespaces,
      serverVersion: await session.source.serverVersion?.().catch(() => undefined),
    });
    if (assembled.result.controls === 0 || (assembled.result.resources === 0 && ofObject === undefined))
      throw nothingEvaluated(assembled);
    this.#onProgress?.({ phase: 'reporting', resources: assembled.result.resources });
    const input = withResourcesOfNow(assembled.input);
    await writeReportFile(path.join(this.#settings.resultsDir, `${scanId}.json`), input, signal);
    await this.#sendParts(input, order, isEverything, hooks, signal);
    this.#report('watching');
    return { result: assembled.result, evaluationSeconds: session.evaluationSeconds };
  }

  /** A report that is not about everything says nothing about what it leaves out: on the wire it is one about changes. */
  async #sendParts(
    input: PostureReportInput,
    { jobId, submit }: ScanOrder,
    isEverything: boolean,
    hooks: ScanHooks,
    signal: AbortSignal,
  ): Promise<void> {
    if (submit === undefined) return;
    const options = { jobId, ...submit, limitBytes: this.#settings.partBytes };
    for (const part of reportParts(input, isEverything ? options : { ...options, deletedResourceIds: [] })) {
      signal.throwIfAborted();
      await hooks.takePart(part);
    }
  }

  #assemble(
    session: Session,
    options: Omit<Parameters<typeof assemble>[1], 'now' | 'clusterName' | 'customerGuid'>,
  ): Assembled {
    const { clusterName, customerGuid } = this.#settings;
    const now = this.#ports.clock.now();
    return assemble(session, { ...options, now, clusterName, customerGuid, degradations: this.#rego.problems });
  }

  #report(phase: WorkerState['phase'], reason?: string): void {
    // Whoever reads again has results to show meanwhile.
    if (phase === 'reading' && this.#before !== undefined) return;
    this.#ports.onState({ phase, ...(reason === undefined ? {} : { reason }), ...this.#numbers() });
  }

  #numbers(): Said['numbers'] {
    if (this.#before !== undefined) return this.#before.numbers;
    const session = this.#session;
    return {
      objects: session?.engine.objects ?? 0,
      evaluationSeconds: session?.evaluationSeconds ?? 0,
      findings: { ...this.#running?.summary(new Map()).failuresBySeverity },
    };
  }
}
