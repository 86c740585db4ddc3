import { createLogger } from '@kso/kit';
import { createManualClock } from '@kso/kube/testing';
import { expect, it, onTestFinished } from 'vitest';
import { createPendingChanges } from './pending-changes.ts';
import { report } from './reporter.ts';
import type { Entry } from './sections.ts';

const entry = (name: string): Entry => ({ text: () => JSON.stringify(name), deletedText: () => JSON.stringify(name) });

function start(options: { readonly waitBeforeReportMs?: number; readonly known?: () => Promise<void> } = {}) {
  const clock = createManualClock();
  const pending = createPendingChanges(() => clock.now());
  const frames: string[] = [];
  const life = new AbortController();
  const stopping = new AbortController();
  const running = report(
    {
      signal: life.signal,
      send: (frame) => {
        frames.push(frame);
        return Promise.resolve();
      },
    },
    {
      waitBeforeReportMs: options.waitBeforeReportMs ?? 0,
      quietMs: 1000,
      maxDelayMs: 5000,
      maxFrameBytes: 1024 * 1024,
    },
    {
      clock,
      logger: createLogger({ service: 'test', level: 'silent' }),
      pending,
      snapshot: () => [{ section: 'node', operation: 'create', entry: entry('n1') }],
      known: options.known ?? (() => Promise.resolve()),
      head: () => ({ before: {}, after: {} }),
      onSent: () => {},
    },
    stopping.signal,
  );
  onTestFinished(async () => {
    life.abort(new Error('over'));
    await running;
  });
  return { clock, pending, frames, stopping, running };
}

const first = '{"firstReport":true,"node":{"create":["n1"]}}';

it('18.12 sends the first report no earlier than WAIT_BEFORE_REPORT after the connection', async () => {
  const { clock, frames } = start({ waitBeforeReportMs: 2000 });
  await clock.advance(1999);
  expect(frames).toEqual([]);
  await clock.advance(1);
  expect(frames).toEqual([first]);
});

it('waits for what is to be known', async () => {
  const known = Promise.withResolvers<void>();
  const { clock, frames } = start({ known: () => known.promise });
  await clock.advance(10_000);
  expect(frames).toEqual([]);
  known.resolve();
  await clock.advance(0);
  expect(frames).toEqual([first]);
});

it('sends changes after a second of quiet, together', async () => {
  const { clock, frames, pending } = start();
  await clock.advance(0);
  pending.note('pod', 'create', 'a', entry('a'));
  await clock.advance(600);
  pending.note('pod', 'create', 'b', entry('b'));
  await clock.advance(999);
  expect(frames).toEqual([first]);
  await clock.advance(1);
  expect(frames).toEqual([first, '{"firstReport":false,"pod":{"create":["a","b"]}}']);
});

it('and after five when there is no quiet', async () => {
  const { clock, frames, pending } = start();
  await clock.advance(0);
  for (let at = 0; at < 5000; at += 500) {
    pending.note('pod', 'update', 'a', entry(String(at)));
    expect(frames).toEqual([first]);
    await clock.advance(500);
  }
  expect(frames).toEqual([first, '{"firstReport":false,"pod":{"update":["4500"]}}']);
});

it('sends nothing when a change was taken back', async () => {
  const { clock, frames, pending } = start();
  await clock.advance(0);
  pending.note('pod', 'create', 'a', entry('a'));
  pending.note('pod', 'delete', 'a', entry('a'));
  await clock.advance(60_000);
  expect(frames).toEqual([first]);
});

it('sends what is pending when it is to stop, at once', async () => {
  const { clock, frames, pending, stopping, running } = start();
  await clock.advance(0);
  pending.note('pod', 'create', 'a', entry('a'));
  stopping.abort();
  await running;
  expect(frames).toEqual([first, '{"firstReport":false,"pod":{"create":["a"]}}']);
});
