import { expect, it } from 'vitest';
import { parseRedisUrl } from './redis-url.ts';

it.each([
  ['redis://redis', { host: 'redis', port: 6379 }],
  ['redis://10.0.0.7:6380/3', { host: '10.0.0.7', port: 6380, db: 3 }],
  ['redis://[2001:db8::1]:6379/', { host: '2001:db8::1', port: 6379 }],
  ['rediss://redis.example.com', { host: 'redis.example.com', port: 6379, tls: { servername: 'redis.example.com' } }],
])('reads %s', (url, expected) => {
  expect(parseRedisUrl(url)).toEqual(expected);
});

it('keeps the password as it is, and secret', () => {
  const target = parseRedisUrl('redis://worker:p%40ss%2Fw%3Aord@redis');
  expect(target.username).toBe('worker');
  expect(target.password?.reveal()).toBe('p@ss/w:ord');
  expect(JSON.stringify(target)).not.toContain('p@ss');
});

it.each([
  'redis',
  'http://redis',
  'redis://',
  'redis://host/name',
  'redis://:secret@host:port',
  'redis://:secret%zz@host',
])('refuses %s without repeating it', (url) => {
  expect(() => parseRedisUrl(url)).toThrow(
    expect.objectContaining({ code: 'REDIS_URL_INVALID', message: expect.not.stringContaining('secret') }),
  );
});
