import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { type Clock, createLogger, createMetrics, noopTracer, type Tracer } from '@kso/kit';
import { createMemoryStore, type OutboxEntry } from '@kso/store';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPoster, type PosterOptions } from './poster.ts';

interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = number | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

/** An endpoint that records what it gets and answers as the test says; `null` leaves the request open. */
async function startEndpoint(
  answer: (request: Received, count: number) => Answer | null | Promise<Answer> = () => 200,
) {
  const received: Received[] = [];
  const waiters: (() => void)[] = [];
  let open = 0;
  let mostOpen = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    mostOpen = Math.max(mostOpen, ++open);
    response.on('close', () => (open -= 1));
    const stream = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
    const seen = { url: request.url ?? '', headers: request.headers, body: await text(stream) };
    received.push(seen);
    for (const tell of waiters.splice(0)) tell();
    const given = await answer(seen, received.length);
    if (given === null) return;
    const { status, headers = {}, body = '{}' } = typeof given === 'number' ? { status: given } : given;
    response.writeHead(status, headers).end(body);
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    mostOpen: () => mostOpen,
    async count(wanted: number) {
      while (received.length < wanted) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Stands still until it is advanced. */
function manualClock(): Clock & { advance(ms: number): void } {
  let now = 1_000_000;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        });
      }),
    advance(ms) {
      now += ms;
      for (const sleeper of sleepers) {
        if (sleeper.at > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

function entry(key: string, over: Partial<OutboxEntry> = {}): OutboxEntry {
  return { idempotencyKey: key, path: '/k8s/v2/postureReport', body: `{"key":"${key}"}`, group: key, ...over };
}

function setUp(url: string, over: Partial<PosterOptions> = {}) {
  const clock = manualClock();
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    service: 'test',
    level: 'debug',
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const { outbox } = createMemoryStore({ clock });
  const metrics = createMetrics();
  const poster = createPoster({
    outbox,
    target: { url },
    service: 'test',
    logger,
    metrics,
    tracer: noopTracer,
    clock,
    random: () => 0.5,
    retry: { baseMs: 1_000, maxMs: 60_000 },
    ...over,
  });
  onTestFinished(() => poster.stop());
  const logged = (level: string) => lines.filter((line) => line['level'] === level);
  return { clock, outbox, poster, metrics, lines, logged };
}

describe('poster', () => {
  it('posts with account, key, idempotency key and the query of the path, and forgets what was delivered', async () => {
    const endpoint = await startEndpoint();
    const target = { url: `${endpoint.url}/base/`, account: 'acc ount', accessKey: 's3cret' };
    const { outbox, poster, lines, logged } = setUp(endpoint.url, { target });
    outbox.put([entry('k1', { path: '/k8s/v2/postureReport?clusterName=a%20b', jobId: 'job', parentId: 'parent' })]);
    poster.start();
    await poster.idle();
    expect(endpoint.received).toHaveLength(1);
    expect(endpoint.received[0]).toMatchObject({
      url: '/base/k8s/v2/postureReport?clusterName=a+b&customerGUID=acc+ount',
      body: '{"key":"k1"}',
      headers: { 'x-api-key': 's3cret', 'idempotency-key': 'k1', 'content-type': 'application/json' },
    });
    expect(outbox.stats()).toMatchObject({ queued: 0, undeliverable: 0 });
    expect(logged('info')).toMatchObject([{ jobId: 'job', parentId: 'parent', path: '/k8s/v2/postureReport' }]);
    expect(JSON.stringify(lines)).not.toMatch(/s3cret|"key\\":/);
  });

  it('delivers a report whose key or trace fits into no header, under the same key each time', async () => {
    const endpoint = await startEndpoint((_request, count) => (count <= 3 ? 500 : 200));
    const { outbox, poster, clock } = setUp(endpoint.url);
    const keys = ['sysreport/läuft/1', 'line\r\nx-injected: 1', 'x'.repeat(20_000)];
    outbox.put(keys.map((key) => entry(key, { traceparent: 'no\ntrace' })));
    poster.start();
    await endpoint.count(3);
    await poster.idle();
    clock.advance(100_000);
    await endpoint.count(6);
    await poster.idle();
    expect(outbox.stats()).toMatchObject({ queued: 0, undeliverable: 0 });
    const sent = endpoint.received.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(sent).size).toBe(3);
    expect(sent.every((key) => /^sha256-[0-9a-f]{64}$/.test(String(key)))).toBe(true);
    expect(endpoint.received.flatMap(({ headers }) => Object.keys(headers))).not.toContain('x-injected');
  });

  it('takes an access key that fits into no header for a wrong one', async () => {
    const endpoint = await startEndpoint();
    const target = { url: endpoint.url, accessKey: 's3cret\n' };
    const { outbox, poster, lines, logged } = setUp(endpoint.url, { target });
    outbox.put([entry('a')]);
    poster.start();
    await expect.poll(() => logged('error')).toMatchObject([{ reason: expect.stringContaining('access key') }]);
    expect([outbox.stats().queued, endpoint.received]).toEqual([1, []]);
    expect(JSON.stringify(lines)).not.toContain('s3cret');
  });

  it('shows in the metrics what waits and what was refused, as long as it runs', async () => {
    const endpoint = await startEndpoint(({ body }) => (body.includes('bad') ? 400 : 503));
    const { outbox, poster, metrics } = setUp(endpoint.url);
    outbox.put([entry('bad'), entry('good')]);
    poster.start();
    await endpoint.count(2);
    await poster.idle();
    const text = await metrics.registry.metrics();
    expect(text).toContain('kso_outbox_entries{service="test",state="queued"} 1');
    expect(text).toContain('kso_outbox_entries{service="test",state="undeliverable"} 1');
    await poster.stop();
    expect(await metrics.registry.metrics()).not.toContain('kso_outbox_entries{service="test"');
  });

  it('compresses large bodies', async () => {
    const endpoint = await startEndpoint();
    const { outbox, poster } = setUp(endpoint.url, { gzipBytes: 100 });
    const body = JSON.stringify({ text: 'ä'.repeat(200) });
    outbox.put([entry('large', { body }), entry('small')]);
    poster.start();
    await poster.idle();
    const large = endpoint.received.find((each) => each.body === body);
    const small = endpoint.received.find((each) => each.body !== body);
    expect([large?.headers['content-encoding'], small?.headers['content-encoding']]).toEqual(['gzip', undefined]);
  });

  it('sends groups next to each other, at most as many as configured, and each group in order', async () => {
    const endpoint = await startEndpoint();
    const { outbox, poster } = setUp(endpoint.url, { concurrency: 3 });
    const groups = Array.from({ length: 10 }, (_, index) => `g${index}`);
    outbox.put(groups.flatMap((group) => [1, 2, 3].map((part) => entry(`${group}/${part}`, { group }))));
    poster.start();
    await poster.idle();
    expect(endpoint.received).toHaveLength(30);
    for (const group of groups) {
      const keys = endpoint.received.map((each) => String(each.headers['idempotency-key']));
      expect(keys.filter((key) => key.startsWith(`${group}/`))).toEqual([`${group}/1`, `${group}/2`, `${group}/3`]);
    }
    expect(endpoint.mostOpen()).toBeLessThanOrEqual(3);
  });

  it('keeps what is refused apart, with the reason of the endpoint, and goes on with the group', async () => {
    const endpoint = await startEndpoint((request) =>
      request.body.includes('bad') ? { status: 400, body: '{"detail":"clusterName is missing\\nreally"}' } : 200,
    );
    const { outbox, poster, logged } = setUp(endpoint.url);
    outbox.put([entry('bad', { group: 'g', jobId: 'j' }), entry('good', { group: 'g' })]);
    poster.start();
    await poster.idle();
    expect(outbox.listUndeliverable({ limit: 9 })).toMatchObject([
      { idempotencyKey: 'bad', reason: 'HTTP 400: clusterName is missing really' },
    ]);
    expect(endpoint.received).toHaveLength(2);
    expect(logged('error')).toMatchObject([{ jobId: 'j', reason: 'HTTP 400: clusterName is missing really' }]);
  });

  it('loses nothing to a wrong key: waits, says so once, and delivers when it is right', async () => {
    let status = 401;
    const endpoint = await startEndpoint(() => status);
    const { outbox, poster, clock, logged, metrics } = setUp(endpoint.url, { misconfiguredMs: 30_000, concurrency: 1 });
    outbox.put(['a', 'b', 'c'].map((key) => entry(key)));
    poster.start();
    await endpoint.count(1);
    await poster.idle();
    clock.advance(29_000);
    await poster.idle();
    expect(endpoint.received).toHaveLength(1);
    clock.advance(10_000);
    await endpoint.count(2);
    await poster.idle();
    expect(logged('error')).toHaveLength(1);
    expect(outbox.stats()).toMatchObject({ queued: 3, undeliverable: 0 });
    expect(await metrics.registry.metrics()).toContain('kso_delivery_paused{service="test",cause="misconfigured"} 1');

    status = 200;
    clock.advance(40_000);
    await endpoint.count(5);
    await poster.idle();
    expect(outbox.stats().queued).toBe(0);
    expect(await metrics.registry.metrics()).toContain('kso_delivery_paused{service="test",cause="misconfigured"} 0');
  });

  it('B19 waits as Retry-After asks, within reason', async () => {
    const endpoint = await startEndpoint((_, count) =>
      count === 1 ? { status: 429, headers: { 'retry-after': '10' } } : 200,
    );
    const { outbox, poster, clock, metrics } = setUp(endpoint.url);
    outbox.put([entry('a')]);
    poster.start();
    await endpoint.count(1);
    await poster.idle();
    expect(outbox.nextDueAt()).toBe(clock.now() + 11_250);
    expect(await metrics.registry.metrics()).toContain('kso_delivery_retry_wait_seconds_sum{service="test"} 11.25');
    clock.advance(11_250);
    await endpoint.count(2);
    await poster.idle();
    expect(outbox.stats().queued).toBe(0);
  });

  it('lets a report on which the endpoint chokes hold up its own group only', async () => {
    const endpoint = await startEndpoint((request) => (request.body.includes('poison') ? 500 : 200));
    const { outbox, poster } = setUp(endpoint.url);
    outbox.put([
      entry('poison', { group: 'p' }),
      entry('behind', { group: 'p' }),
      ...['a', 'b', 'c', 'd'].map((key) => entry(key)),
    ]);
    poster.start();
    await poster.idle();
    expect(outbox.stats()).toMatchObject({ queued: 2, undeliverable: 0 });
  });

  it('knocks with one post at a time while nobody answers, and delivers all when the endpoint is back', async () => {
    const gone = await startEndpoint();
    await gone.close();
    const { outbox, poster, clock, logged, metrics } = setUp(gone.url, { concurrency: 4 });
    outbox.put(Array.from({ length: 50 }, (_, index) => entry(`k${index}`)));
    poster.start();
    for (let hour = 0; hour < 24; hour += 1) {
      await poster.idle();
      clock.advance(3_600_000);
    }
    await poster.idle();
    const posts = /kso_delivery_posts_total\{.*outcome="unreachable"\} (\d+)/.exec(
      await metrics.registry.metrics(),
    )?.[1];
    expect(Number(posts)).toBeLessThanOrEqual(4 + 24);
    expect(logged('warn')).toHaveLength(1);
    expect(outbox.stats()).toMatchObject({ queued: 50, undeliverable: 0 });
  });

  it('takes an answer that never comes for none', async () => {
    const endpoint = await startEndpoint((_, count) => (count === 1 ? null : 200));
    const { outbox, poster, clock } = setUp(endpoint.url, { timeoutMs: 50 });
    outbox.put([entry('a')]);
    poster.start();
    await endpoint.count(1);
    await poster.idle();
    expect(outbox.stats().queued).toBe(1);
    clock.advance(60_000);
    await endpoint.count(2);
    await poster.idle();
    expect(outbox.stats().queued).toBe(0);
  });

  it('does not follow a redirect with the key', async () => {
    const elsewhere = await startEndpoint();
    const endpoint = await startEndpoint(() => ({ status: 307, headers: { location: elsewhere.url } }));
    const { outbox, poster } = setUp(endpoint.url, { target: { url: endpoint.url, accessKey: 'k' } });
    outbox.put([entry('a')]);
    poster.start();
    await endpoint.count(1);
    await poster.idle();
    expect(elsewhere.received).toHaveLength(0);
    expect(outbox.stats()).toMatchObject({ queued: 1, undeliverable: 0 });
  });

  it('finishes posts under way when it stops and starts no others', async () => {
    const held = Promise.withResolvers<number>();
    const endpoint = await startEndpoint(() => held.promise);
    const { outbox, poster } = setUp(endpoint.url, { concurrency: 1 });
    outbox.put([entry('a'), entry('b')]);
    poster.start();
    await endpoint.count(1);
    const stopped = poster.stop();
    held.resolve(200);
    await stopped;
    expect(endpoint.received.map((each) => each.headers['idempotency-key'])).toEqual(['a']);
    expect(outbox.due(Number.MAX_SAFE_INTEGER, 9)).toMatchObject([{ idempotencyKey: 'b', attempts: 0 }]);
  });

  it('cuts posts off after the grace period and leaves their entries as they were', async () => {
    const endpoint = await startEndpoint(() => null);
    const { outbox, poster, clock } = setUp(endpoint.url, { graceMs: 5_000 });
    outbox.put([entry('a')]);
    poster.start();
    await endpoint.count(1);
    const stopped = poster.stop();
    // Until the loop has ended and the grace period runs.
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(5_000);
    await stopped;
    expect(outbox.due(clock.now(), 1)).toMatchObject([{ idempotencyKey: 'a', attempts: 0 }]);
  });

  it('posts in a span below the entry’s trace and passes it on', async () => {
    const endpoint = await startEndpoint();
    const spans: unknown[] = [];
    const tracer: Tracer = {
      ...noopTracer,
      current: () => '00-trace-span-01',
      span: (name, options, fn) => {
        spans.push({ name, parent: options.parent, kind: options.kind });
        return fn();
      },
    };
    const { outbox, poster } = setUp(endpoint.url, { tracer });
    outbox.put([entry('a', { traceparent: '00-trace-parent-01' })]);
    poster.start();
    await poster.idle();
    expect(spans).toEqual([{ name: 'POST /k8s/v2/postureReport', parent: '00-trace-parent-01', kind: 'client' }]);
    expect(endpoint.received[0]?.headers['traceparent']).toBe('00-trace-span-01');
  });

  it('reads only as many bodies as it sends at once, however much waits', async () => {
    const endpoint = await startEndpoint();
    const { outbox, ...rest } = setUp(endpoint.url);
    const asked: number[] = [];
    const watched = {
      ...outbox,
      due: (now: number, limit: number, except?: Iterable<number>) => (
        asked.push(limit), outbox.due(now, limit, except)
      ),
    };
    const poster = createPoster({
      outbox: watched,
      target: { url: endpoint.url },
      service: 'test',
      concurrency: 2,
      clock: rest.clock,
      metrics: rest.metrics,
      tracer: noopTracer,
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    onTestFinished(() => poster.stop());
    outbox.put(Array.from({ length: 100 }, (_, index) => entry(`k${index}`)));
    poster.start();
    await poster.idle();
    expect(endpoint.received).toHaveLength(100);
    expect(Math.max(...asked)).toBeLessThanOrEqual(2);
  });

  it('goes on when the outbox fails for a moment', async () => {
    const endpoint = await startEndpoint();
    const { outbox, clock, metrics } = setUp(endpoint.url);
    let failures = 1;
    const flaky = {
      ...outbox,
      delivered: (id: number) => {
        if (failures-- > 0) throw new Error('locked');
        outbox.delivered(id);
      },
    };
    const logger = createLogger({ service: 'test', level: 'silent' });
    const poster = createPoster({
      outbox: flaky,
      target: { url: endpoint.url },
      service: 'test',
      clock,
      metrics,
      tracer: noopTracer,
      logger,
    });
    onTestFinished(() => poster.stop());
    outbox.put([entry('a')]);
    poster.start();
    await endpoint.count(1);
    while (endpoint.received.length < 2) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await poster.idle();
    expect(endpoint.received.map((each) => each.headers['idempotency-key'])).toEqual(['a', 'a']);
    expect(outbox.stats().queued).toBe(0);
  });

  it('ends waiting for idle when the caller’s patience ends', async () => {
    const endpoint = await startEndpoint(() => null);
    const { outbox, poster } = setUp(endpoint.url, { graceMs: 0 });
    outbox.put([entry('a')]);
    const patience = new AbortController();
    const waiting = poster.idle(patience.signal);
    patience.abort();
    await waiting;
    expect(outbox.stats().queued).toBe(1);
  });

  it.each(['ftp://x', 'http://', 'http://user:pw@host'])('refuses the address %s without showing a password', (url) => {
    expect(() => setUp(url)).toThrow(expect.objectContaining({ code: 'TARGET_INVALID' }));
    expect(() => setUp(url)).not.toThrow(/pw/);
  });
});
