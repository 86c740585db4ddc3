import { describe, expect, it } from 'vitest';
import { oneLine, outcomeOf } from './outcome.ts';
import { createTargetHealth } from './target-health.ts';

const options = { baseMs: 1_000, maxMs: 60_000, misconfiguredMs: 30_000, random: () => 0.999 };
const today = Date.UTC(2026, 10, 30);
const answer = (status: number, retryAfter?: string) => outcomeOf({ status, detail: '', retryAfter }, today);

describe('outcomeOf', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [302, 'misconfigured'],
    [400, 'refused'],
    [401, 'misconfigured'],
    [403, 'misconfigured'],
    [404, 'misconfigured'],
    [405, 'misconfigured'],
    [408, 'busy'],
    [413, 'refused'],
    [422, 'refused'],
    [429, 'busy'],
    [500, 'busy'],
    [503, 'busy'],
  ])('reads %i as %s', (status, kind) => expect(answer(status).kind).toBe(kind));

  it('makes one printable line of foreign text and hides an echoed key', () => {
    expect(oneLine('bad\r\n\u001b[31mkey s3cret\u202e!', 's3cret')).toBe('bad [31mkey [redacted] !');
    expect(oneLine('x'.repeat(1_000), undefined)).toHaveLength(200);
  });
});

describe('target health', () => {
  it('lets everything through until the endpoint is away, then a single probe after each growing wait', () => {
    const health = createTargetHealth(options);
    expect(health.allowance(0, 8)).toBe(8);
    const first = health.failed({ kind: 'unreachable', reason: 'refused' }, 0, 0);
    expect(health.allowance(0, 8)).toBe(0);
    const resumed = first?.until ?? 0;
    expect(health.allowance(resumed, 8)).toBe(1);
    const second = health.failed({ kind: 'unreachable', reason: 'refused' }, resumed, resumed);
    expect((second?.until ?? 0) - resumed).toBeGreaterThan(resumed);
    expect(health.succeeded()).toBe(true);
    expect(health.succeeded()).toBe(false);
    expect(health.allowance(resumed, 8)).toBe(8);
  });

  it('counts failures that were under way together once', () => {
    const health = createTargetHealth(options);
    const pause = health.failed({ kind: 'unreachable', reason: 'refused' }, 0, 10);
    expect(health.failed({ kind: 'unreachable', reason: 'refused' }, 5, 11)).toBeUndefined();
    expect(health.pause()).toEqual(pause);
  });

  it.each([
    ['0', 750, 1_250],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 750, 1_250],
    ['86400', 45_000, 60_000],
    ['soon', 0, 1_000],
    [undefined, 0, 1_000],
    ['7', 7_000, 8_750],
  ])('B19 clamps Retry-After %s between the usual wait and the ceiling', (header, least, most) => {
    for (const random of [0, 0.5, 0.999]) {
      const health = createTargetHealth({ ...options, random: () => random });
      const until = health.failed(answer(429, header), 0, 0)?.until ?? -1;
      expect(until).toBeGreaterThanOrEqual(least);
      expect(until).toBeLessThanOrEqual(most);
    }
  });

  it('waits as an endpoint asks that was away and answers again, not as long as it was away', () => {
    const health = createTargetHealth({ ...options, random: () => 0.999 });
    let now = 0;
    for (let failure = 1; failure <= 12; failure += 1)
      now = health.failed({ kind: 'unreachable', reason: 'refused' }, now, now)?.until ?? 0;
    const asked = health.failed(answer(503, '2'), now, now)?.until ?? 0;
    expect(asked - now).toBeGreaterThanOrEqual(2000);
    expect(asked - now).toBeLessThanOrEqual(2500);
    // If it stays overloaded the waits grow.
    expect((health.failed(answer(503), asked, asked)?.until ?? 0) - asked).toBeGreaterThan(1500);
  });

  it('suspects the report first when the endpoint fails, and the endpoint after three failures in a row', () => {
    const health = createTargetHealth(options);
    expect(health.failed(answer(500), 0, 0)).toBeUndefined();
    expect(health.failed(answer(500), 1, 1)).toBeUndefined();
    health.succeeded();
    expect(health.failed(answer(500), 2, 2)).toBeUndefined();
    expect(health.failed(answer(502), 3, 3)).toBeUndefined();
    expect(health.failed(answer(500), 4, 4)).toMatchObject({ cause: 'busy', reason: 'HTTP 500' });
  });

  it('waits long and without growth while key or address are wrong', () => {
    const health = createTargetHealth({ ...options, random: () => 0 });
    expect(health.failed(answer(401), 0, 0)).toEqual({ until: 30_000, cause: 'misconfigured', reason: 'HTTP 401' });
    expect(health.failed(answer(403), 30_000, 30_000)?.until).toBe(60_000);
  });
});
