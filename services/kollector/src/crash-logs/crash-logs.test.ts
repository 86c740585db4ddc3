import type { SourceEvent } from '@kso/domain';
import { createLogger } from '@kso/kit';
import type { PodLogResult, PodLogTarget, ReadPodLog } from '@kso/kube';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { createCrashLogs } from './crash-logs.ts';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly lines?: readonly string[];
}

function start(answer: (target: PodLogTarget) => PodLogResult | Promise<PodLogResult>, namespaces: string[] = []) {
  const log: Line[] = [];
  const asked: string[] = [];
  const podLog: ReadPodLog = async (target) => {
    asked.push(`${target.pod}/${target.container}${target.previous ? ' previous' : ''}`);
    return answer(target);
  };
  const destination = { write: (line: string) => void log.push(JSON.parse(line) as Line) };
  const logger = createLogger({ service: 'test', level: 'info', destination });
  return { log, asked, crashLogs: createCrashLogs({ namespaces }, { podLog, logger }) };
}

const found = (text: string): PodLogResult => ({ outcome: 'found', text });

/** A pod whose containers wait in a crash loop, by their restarts. */
function crashing(restarts: Readonly<Record<string, unknown>>, metadata: object = {}): KubeObject {
  const containerStatuses = Object.entries(restarts).map(([name, restartCount]) => ({
    name,
    restartCount,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: 'u1', ...metadata },
    status: { phase: 'Running', containerStatuses },
  };
}

const changed = (object: KubeObject): SourceEvent => ({ type: 'modified', object });

describe('kollector.md 12.3: logs of pods in a crash loop', () => {
  it('are written to our own log: of the run before and of this one', async () => {
    const { log, crashLogs } = start(({ previous }) => found(previous ? 't1 first\n\nt2 panic\n' : 't3 again\n'));
    crashLogs.onEvent(changed(crashing({ app: 1 })));
    await crashLogs.idle();
    const where = { msg: 'a pod is in a crash loop', namespace: 'shop', pod: 'web', container: 'app', restarts: 1 };
    expect(log).toMatchObject([
      { ...where, instance: 'previous', lines: ['t1 first', 't2 panic'] },
      { ...where, instance: 'current', lines: ['t3 again'] },
    ]);
    expect(log[0]?.level).toBe('error');
  });

  it('are written once when both runs are the same, and not at all when there is nothing', async () => {
    const same = start(() => found('t1 panic\n'));
    same.crashLogs.onEvent(changed(crashing({ app: 2 })));
    const empty = start(() => found(' \n'));
    empty.crashLogs.onEvent(changed(crashing({ app: 2 })));
    await Promise.all([same.crashLogs.idle(), empty.crashLogs.idle()]);
    expect(same.log).toHaveLength(1);
    expect(empty.log).toEqual([]);
  });

  it('are read once for each restart, up to the second; what has never ended has no run before', async () => {
    const { asked, crashLogs } = start(({ container, previous }) => found(`${container} ${previous}`));
    for (const app of [0, 1, 1, 2, 3, 'many']) crashLogs.onEvent(changed(crashing({ app, old: 3 })));
    await crashLogs.idle();
    expect(asked).toEqual(['web/app', 'web/app previous', 'web/app', 'web/app previous', 'web/app']);
    crashLogs.onEvent({ type: 'deleted', object: crashing({ app: 2 }) });
    crashLogs.onEvent(changed(crashing({ app: 2 })));
    await crashLogs.idle();
    expect(asked).toHaveLength(7);
  });

  it('are left alone for pods that do not crash, that are only listed, or of other namespaces', async () => {
    const { asked, crashLogs } = start(() => found('x'), ['shop']);
    const state = { running: {} };
    const healthy = { ...crashing({}), status: { containerStatuses: [{ name: 'app', restartCount: 1, state }] } };
    crashLogs.onEvent(changed(healthy));
    crashLogs.onEvent({ type: 'added', object: crashing({ app: 1 }) });
    crashLogs.onEvent(changed(crashing({ app: 1 }, { namespace: 'other' })));
    crashLogs.onEvent(changed({ ...crashing({ app: 1 }), kind: 'Deployment', apiVersion: 'apps/v1' }));
    await crashLogs.idle();
    expect(asked).toEqual([]);
  });

  it('keep their bounds, whatever a container writes', async () => {
    const { log, crashLogs } = start(({ previous }) => found(previous ? '' : `${'x'.repeat(5000)}\n`.repeat(80)));
    crashLogs.onEvent(changed(crashing({ app: 1 })));
    await crashLogs.idle();
    expect(log[0]?.lines).toHaveLength(50);
    expect(log[0]?.lines?.[0]).toHaveLength(1000);
  });

  it('that cannot be read are said so; a missing right once', async () => {
    const refused = start(() => ({ outcome: 'forbidden', detail: 'pods/log is forbidden' }));
    for (const uid of ['u1', 'u2']) refused.crashLogs.onEvent(changed(crashing({ app: 1 }, { uid })));
    await refused.crashLogs.idle();
    expect(refused.log).toMatchObject([
      {
        level: 'warn',
        msg: 'the log of a crash cannot be read',
        reason: 'forbidden',
        problem: 'pods/log is forbidden',
      },
    ]);
    const away = start(() => Promise.reject(new Error('the API server does not answer')));
    away.crashLogs.onEvent(changed(crashing({ app: 0 })));
    await away.crashLogs.idle();
    expect(away.log).toMatchObject([{ level: 'warn', problem: 'the API server does not answer' }]);
  });

  it('are read for so many pods at a time, and for the others when they change again', async () => {
    const gate = Promise.withResolvers<PodLogResult>();
    const { asked, crashLogs } = start(() => gate.promise);
    const all = () => {
      for (let index = 0; index < 150; index += 1)
        crashLogs.onEvent(changed(crashing({ app: 0 }, { uid: `${index}` })));
    };
    all();
    gate.resolve(found('x'));
    await crashLogs.idle();
    expect(asked).toHaveLength(100);
    all();
    await crashLogs.idle();
    expect(asked).toHaveLength(150);
  });

  it('are not waited for when the kollector stops', async () => {
    const gate = Promise.withResolvers<PodLogResult>();
    const { asked, log, crashLogs } = start(() => gate.promise);
    crashLogs.onEvent(changed(crashing({ app: 1, second: 1 })));
    const stopped = crashLogs.stop();
    gate.reject(new Error('aborted'));
    await stopped;
    expect({ asked, log }).toEqual({ asked: ['web/app previous'], log: [] });
  });
});
