import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { envName } from './env-names.ts';
import { cronExpression, httpUrl, timerDuration } from './fields.ts';
import { editDistance, nearest } from './suggest.ts';
import { parseBoolean, parseByteSize, parseDuration, parseHostPort } from './units.ts';

describe('durations', () => {
  it.each([
    ['0', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['2m0.5s', 120_500],
    ['7d', 604_800_000],
    ['250us', 0.25],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', '5 m', '-5s', '5y', 's', '1h-2m', '1e3s', '5m extra'])('refuses %j', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );

  it('adds up its parts', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(59), fc.nat(59), (h, m, s) => {
        expect(parseDuration(`${h}h${m}m${s}s`)).toBe(((h * 60 + m) * 60 + s) * 1000);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(['number', 'undefined']).toContain(typeof parseDuration(text));
      }),
    );
  });
});

describe('sizes', () => {
  it.each([
    ['1048576', 1048576],
    ['512Mi', 512 * 2 ** 20],
    ['1G', 1e9],
    ['1.5k', 1500],
    ['5GiB', 5 * 2 ** 30],
  ])('%s', (text, bytes) => expect(parseByteSize(text)).toBe(bytes));

  it.each(['', 'x', '-1', '1Zi', '9'.repeat(20), '1 Gi'])('refuses %j', (text) =>
    expect(parseByteSize(text)).toBeUndefined(),
  );
});

it.each([
  ['gateway:8002', { host: 'gateway', port: 8002 }],
  ['10.0.0.1:80', { host: '10.0.0.1', port: 80 }],
  ['[2001:db8::1]:443', { host: '2001:db8::1', port: 443 }],
  ['2001:db8::1:443', undefined],
  ['gateway', undefined],
  ['gateway:0', undefined],
  ['gateway:70000', undefined],
  ['http://gateway:80', undefined],
])('host and port of %s', (text, expected) => expect(parseHostPort(text)).toEqual(expected));

it('booleans of charts and people', () => {
  expect(['enable', 'True', '1', 'on'].map(parseBoolean)).toEqual([true, true, true, true]);
  expect(['disable', 'FALSE', '0', 'off'].map(parseBoolean)).toEqual([false, false, false, false]);
  expect(parseBoolean('maybe')).toBeUndefined();
});

it.each([
  [['scanTimeout'], 'KSO_X_SCAN_TIMEOUT'],
  [['server', 'accountID'], 'KSO_X_SERVER_ACCOUNT_ID'],
  [['maxSBOMSize'], 'KSO_X_MAX_SBOM_SIZE'],
  [['http2Port'], 'KSO_X_HTTP2_PORT'],
])('variable of %s', (path, name) => expect(envName('KSO_X', path)).toBe(name));

it('the nearest name is near', () => {
  expect(nearest('KV_STORGE', ['KV_STORAGE', 'KV_PORT'])).toBe('KV_STORAGE');
  expect(nearest('zzzzzz', ['storage'])).toBeUndefined();
});

it('edit distance is a metric', () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});

it.each(['0 8 * * *', '*/5 0-6,12 1 JAN MON-FRI', '@daily'])('accepts cron %s', (text) =>
  expect(cronExpression().safeParse(text).success).toBe(true),
);
it.each(['', 'daily', '0 8 * *', '0 8 * * * *', '0 8 * * $'])('refuses cron %j', (text) =>
  expect(cronExpression().safeParse(text).success).toBe(false),
);

it('URLs are http, without credentials, and end without a slash', () => {
  expect(httpUrl().parse('https://report.example.com/base/')).toBe('https://report.example.com/base');
  for (const bad of ['ftp://x', 'gateway:8001', '', 'http://u:p@host']) {
    expect(httpUrl().safeParse(bad).success).toBe(false);
  }
});

it.each(['0s', '0.0s', '25d', '999999h'])('a timer of %s would fire without end or at once: refused', (text) =>
  expect(timerDuration().safeParse(text).success).toBe(false),
);
it('ordinary timers are taken', () => expect(timerDuration().parse('24d')).toBe(24 * 86_400_000));
