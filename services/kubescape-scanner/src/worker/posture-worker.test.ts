import type { ObjectSource } from '@kso/domain';
import { createLogger, systemClock } from '@kso/kit';
import { pod, until } from '@kso/testkit';
import { expect, it } from 'vitest';
import { noPolicy } from '../policy/policy-documents.ts';
import { noRego } from '../policy/rego-of-service.ts';
import type { OpenedSource } from '../scan/source-config.ts';
import { fakeSource } from '../testing/fake-source.ts';
import { createPostureWorker } from './posture-worker.ts';
import type { WorkerState } from './protocol.ts';

/** A source that is open, and read, when the test says so. */
function slowSource() {
  const opening = Promise.withResolvers<void>();
  const watched = Promise.withResolvers<AbortSignal>();
  let closed = 0;
  const source: ObjectSource = {
    name: 'slow',
    type: 'cluster',
    watch: (_kinds, _onEvent, signal) => {
      watched.resolve(signal);
      return new Promise(() => undefined);
    },
  };
  return {
    open: async (): Promise<OpenedSource> => {
      await opening.promise;
      return { source, close: async () => void closed++ };
    },
    opens: () => opening.resolve(),
    watched: watched.promise,
    closed: () => closed,
  };
}

function workerOver(open: () => Promise<OpenedSource>) {
  const states: WorkerState[] = [];
  const settings = {
    policy: noPolicy,
    rego: noRego,
    source: { type: 'cluster' },
    clusterName: 'test',
    securityExceptions: true,
    controlInputObject: true,
    kubevulnUrl: undefined,
    customerGuid: undefined,
    namespaces: { includeNamespaces: [], excludedNamespaces: [] },
    resultsDir: '',
    partBytes: 1_000_000,
    continuous: true,
    settleMs: 0,
    retryMs: 0,
    known: new Map(),
  } as const;
  const worker = createPostureWorker(settings, {
    clock: systemClock,
    logger: createLogger({ service: 'test', level: 'silent' }),
    openSource: open,
    onState: (state) => states.push(state),
    store: async () => true,
  });
  return { worker, states };
}

it('a stop before the source is open closes it when it is, and reads nothing', async () => {
  const slow = slowSource();
  const { worker, states } = workerOver(slow.open);
  const run = worker.run();
  const stopped = worker.stop();
  slow.opens();
  await Promise.all([run, stopped]);
  expect(slow.closed()).toBe(1);
  expect(states).toEqual([]);
});

it('a stop in the middle of reading ends the watch, also when policies have changed meanwhile', async () => {
  const slow = slowSource();
  const { worker, states } = workerOver(slow.open);
  const run = worker.run();
  slow.opens();
  const signal = await slow.watched;
  worker.setRego({ version: 'other', problems: [] });
  await Promise.all([worker.stop(), run]);
  expect(signal.aborted).toBe(true);
  expect(slow.closed()).toBe(1);
  expect(states.map(({ phase }) => phase)).toEqual(['reading']);
});

it('while everything is read again for other policies, figures and findings are those of before', async () => {
  const waiting = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const readers = waiting.map(({ promise }) => promise);
  const objects = fakeSource([pod({ name: 'web', namespace: 'shop' })]);
  const { worker, states } = workerOver(async () => {
    await readers.shift();
    return { source: objects, close: async () => undefined };
  });
  waiting[0]?.resolve();
  await worker.run();
  const before = states.at(-1);
  expect(before).toMatchObject({ phase: 'watching', objects: 1, findings: { medium: expect.any(Number) } });
  const told = states.length;

  worker.setRego({ version: 'other', problems: [] });
  await until('the second opening', () => readers.length === 0);
  expect(worker.figures()?.byResource.map(({ name }) => name)).toEqual(['web']);
  waiting[1]?.resolve();
  await until('the second evaluation', () => states.length >= told + 2);
  expect(states.slice(told)).toEqual([before, { ...before, evaluationSeconds: expect.any(Number) }]);
  await worker.stop();
});

it('counts what concerns the provider also when its nodes are seen late', async () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 443 }] },
  };
  const labels = { 'eks.amazonaws.com/nodegroup': 'a' };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', labels } };
  const opening = (source: ObjectSource) => async () => ({ source, close: async () => undefined });
  const early = workerOver(opening(fakeSource([pod(), service, node])));
  await early.worker.run();
  const source = fakeSource([pod(), service]);
  const late = workerOver(opening(source));
  await late.worker.run();
  const wanted = early.states.at(-1)?.findings;
  expect(late.states.at(-1)?.findings).not.toEqual(wanted);
  source.emit({ type: 'added', object: node });
  await until('the evaluation with the node', () => late.states.at(-1)?.objects === 3);
  expect(late.states.at(-1)?.findings).toEqual(wanted);
  await Promise.all([early.worker.stop(), late.worker.stop()]);
});
