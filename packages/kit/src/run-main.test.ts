import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config/load.ts';
import { fail } from './error-table.ts';
import { type ProcessHost, runMain } from './run-main.ts';
import type { Service } from './service.ts';

class FakeProcess extends EventEmitter implements ProcessHost {
  readonly env: NodeJS.ProcessEnv = { KSO_LOG_LEVEL: 'silent' };
  readonly complaints: string[] = [];
  readonly exits: number[] = [];

  exit(code: number): void {
    this.exits.push(code);
  }

  complain(line: string): void {
    this.complaints.push(line);
  }
}

function service(overrides: Partial<Service> = {}): Service & { stops: number } {
  const made = {
    name: 'x',
    stops: 0,
    start: () => Promise.resolve(),
    stop: () => {
      made.stops += 1;
      return Promise.resolve();
    },
    ...overrides,
  };
  return made;
}

describe('a main program', () => {
  it('runs until a signal, stops, exits with 0 and leaves no listener behind', async () => {
    const host = new FakeProcess();
    const started = Promise.withResolvers<void>();
    const one = service({
      start: () => {
        started.resolve();
        return Promise.resolve();
      },
    });
    const run = runMain(() => Promise.resolve(one), { service: 'x', host });
    await started.promise;
    expect(host.exits).toEqual([]);
    host.emit('SIGTERM', 'SIGTERM');
    await run;
    expect([host.exits, one.stops, host.eventNames()]).toEqual([[0], 1, []]);
  });

  it('obeys a signal during a start that hangs', async () => {
    const host = new FakeProcess();
    const one = service({
      start: () => {
        host.emit('SIGINT', 'SIGINT');
        return new Promise(() => undefined);
      },
    });
    await runMain(() => Promise.resolve(one), { service: 'x', host });
    expect([host.exits, one.stops]).toEqual([[0], 1]);
  });

  it('a second signal ends it at once', async () => {
    const host = new FakeProcess();
    const stop = Promise.withResolvers<void>();
    const one = service({
      stop: () => {
        host.emit('SIGINT', 'SIGINT');
        stop.resolve();
        return stop.promise;
      },
    });
    const run = runMain(() => Promise.resolve(one), { service: 'x', host });
    host.emit('SIGTERM', 'SIGTERM');
    await run;
    expect(host.exits[0]).toBe(130);
  });

  it('prints every problem of a configuration and exits with 78', async () => {
    const host = new FakeProcess();
    const create = () => Promise.reject(new ConfigError('x', ['a: wrong', 'b: missing']));
    await runMain(create, { service: 'x', host });
    expect([host.exits, host.complaints]).toEqual([[78], ['a: wrong', 'b: missing']]);
    const other = new FakeProcess();
    await runMain(() => Promise.reject(fail('FILE_MISSING', { what: 'clusterData', file: '/x' })), {
      service: 'x',
      host: other,
    });
    expect([other.exits, other.complaints]).toEqual([[78], ['clusterData: /x does not exist']]);
  });

  it('exits with 1 when the start fails, and stops what had begun', async () => {
    const host = new FakeProcess();
    const busy = fail('PORT_IN_USE', { name: 'x', host: 'h', port: 1 });
    const one = service({ start: () => Promise.reject(busy) });
    await runMain(() => Promise.resolve(one), { service: 'x', host });
    expect([host.exits, one.stops, host.complaints]).toEqual([[1], 1, [busy.message]]);
  });

  it('stops and exits with 1 after an exception that nobody caught', async () => {
    const host = new FakeProcess();
    const one = service();
    const run = runMain(() => Promise.resolve(one), { service: 'x', host });
    host.emit('uncaughtException', new Error('bug'));
    await run;
    expect([host.exits, one.stops]).toEqual([[1], 1]);
  });

  it('an exception that nobody catches while it stops does not end as a clean exit', async () => {
    const host = new FakeProcess();
    const stop = () => Promise.resolve(void host.emit('unhandledRejection', new Error('bug in stop')));
    const run = runMain(() => Promise.resolve(service({ stop })), { service: 'x', host });
    host.emit('SIGTERM', 'SIGTERM');
    await run;
    expect(host.exits).toEqual([1]);
  });

  it('exits with 1 when the stop fails or takes too long', async () => {
    for (const stop of [() => Promise.reject(new Error('x')), () => new Promise<void>(() => undefined)]) {
      const host = new FakeProcess();
      const run = runMain(() => Promise.resolve(service({ stop })), { service: 'x', host, stopTimeoutMs: 5 });
      host.emit('SIGTERM', 'SIGTERM');
      await run;
      expect(host.exits).toEqual([1]);
    }
  });
});
