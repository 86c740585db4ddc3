import { createLogger, Secret } from '@kso/kit';
import { createManualClock } from '@kso/kube/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startReportReceiver } from '../test-receiver.ts';
import { createReportLink, type LinkState, type ReportSession } from './report-link.ts';

function start(url: string, options: { readonly random?: () => number } = {}) {
  const clock = createManualClock();
  const states: LinkState[] = [];
  const sessions: ReportSession[] = [];
  const link = createReportLink(
    {
      url: new URL(url),
      key: new Secret('key'),
      outgoing: undefined,
      pingIntervalMs: 10_000,
      backoff: { minMs: 1000, maxMs: 60_000 },
    },
    {
      clock,
      logger: createLogger({ service: 'test', level: 'silent' }),
      onChange: (state) => states.push(state),
      random: options.random ?? (() => 0),
    },
  );
  const stopping = new AbortController();
  const running = link.run(async (session) => {
    sessions.push(session);
    await session.send(`{"session":${sessions.length}}`);
    await new Promise<void>((resolve) => {
      for (const signal of [session.signal, stopping.signal]) signal.addEventListener('abort', () => resolve());
    });
  }, stopping.signal);
  const stop = async () => {
    stopping.abort();
    await running;
  };
  onTestFinished(stop);
  return { clock, link, states, sessions, stop };
}

describe('the connection to the receiver of reports', () => {
  it('18.8 is dropped after 40 s without an answer to pings, and made again with a new session', async () => {
    const receiver = await startReportReceiver({ autoPong: false });
    const { clock, link, sessions } = start(receiver.url);
    await receiver.until((frames) => frames.length === 1);
    const pings: string[] = [];
    receiver.sockets[0]?.on('ping', (data: Buffer) => pings.push(data.toString()));
    await clock.sleeping(10_000);
    await clock.advance(39_999);
    expect(receiver.sockets[0]?.readyState).toBe(1);
    await clock.advance(1);
    await receiver.closed();
    expect(pings).toEqual(['ping', 'ping', 'ping']);
    await expect.poll(() => link.state.isConnected).toBe(false);
    expect(sessions[0]?.signal.aborted).toBe(true);
    await clock.sleeping(1000);
    await clock.advance(1000);
    await receiver.until((frames) => frames.length === 2);
    expect(sessions).toHaveLength(2);
  });

  it('stays as long as pings are answered', async () => {
    const receiver = await startReportReceiver();
    const { clock } = start(receiver.url);
    await receiver.until((frames) => frames.length === 1);
    const answered = () => new Promise((resolve) => receiver.sockets[0]?.once('ping', resolve));
    for (let round = 0; round < 8; round += 1) {
      await clock.sleeping(10_000);
      const ping = answered();
      await clock.advance(10_000);
      await ping;
      // The answer goes the way back.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(receiver.sockets).toHaveLength(1);
    expect(receiver.sockets[0]?.readyState).toBe(1);
  });

  it('18.13 B34 comes at the 61st try, after waits that grow to a minute', async () => {
    const receiver = await startReportReceiver();
    receiver.refusals.push(...Array.from({ length: 60 }, () => 503));
    const { clock, states, link } = start(receiver.url);
    for (let failures = 1; failures <= 60; failures += 1) {
      await expect.poll(() => states.length, { interval: 1 }).toBe(failures);
      const waitMs = Math.min(60_000, 1000 * 2 ** (failures - 1));
      await clock.sleeping(waitMs);
      await clock.advance(waitMs - 1);
      expect(receiver.refusals).toHaveLength(60 - failures);
      await clock.advance(1);
    }
    await receiver.until((frames) => frames.length === 1);
    expect(link.state.isConnected).toBe(true);
  });

  it('says what it is when the key is not accepted, and comes back in a minute', async () => {
    const receiver = await startReportReceiver();
    receiver.refusals.push(401, 403);
    const { clock, link } = start(receiver.url);
    for (const status of [401, 403]) {
      await expect.poll(() => link.state.problem).toBe(`the receiver answered ${status}`);
      expect(link.state).toMatchObject({ isConnected: false, isRejected: true });
      await clock.sleeping(60_000);
      await clock.advance(59_999);
      expect(link.state.isRejected).toBe(true);
      await clock.advance(1);
    }
    await receiver.connected(1);
    await expect.poll(() => link.state).toMatchObject({ isConnected: true, isRejected: false });
  });

  it('B34 does not come back together with all others', async () => {
    const receiver = await startReportReceiver();
    receiver.refusals.push(503);
    const { clock, link } = start(receiver.url, { random: () => 0.5 });
    await expect.poll(() => link.state.problem).toContain('503');
    await clock.sleeping(1100);
    await clock.advance(1099);
    expect(receiver.sockets).toHaveLength(0);
    await clock.advance(1);
    await receiver.connected(1);
  });

  it('is closed in the orderly way at the end', async () => {
    const receiver = await startReportReceiver();
    const { stop } = start(receiver.url);
    await receiver.until((frames) => frames.length === 1);
    const code = new Promise((resolve) => receiver.sockets[0]?.once('close', resolve));
    await stop();
    expect(await code).toBe(1000);
  });
});
