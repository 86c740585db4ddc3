import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRateLimitBreaker, credentialsFingerprint } from './rate-limit-breaker.ts';
import { createSbomCache, openSbom } from './sbom-cache.ts';
import { SingleFlight } from './single-flight.ts';

describe('SingleFlight', () => {
  it('runs once for all who ask meanwhile, and anew afterwards', async () => {
    const flights = new SingleFlight<number>();
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const work = async () => {
      runs += 1;
      await gate.promise;
      return runs;
    };
    const { signal } = new AbortController();
    const both = [flights.run('a', signal, work), flights.run('a', signal, work)];
    gate.resolve();
    expect(await Promise.all(both)).toEqual([1, 1]);
    expect(await flights.run('a', signal, work)).toBe(2);
  });

  it('goes on for the others when one leaves, and is cancelled when all have left', async () => {
    const flights = new SingleFlight<string>();
    const started = Promise.withResolvers<AbortSignal>();
    const work = (signal: AbortSignal): Promise<string> => {
      started.resolve(signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('cancelled'));
        });
      });
    };
    const [one, two] = [new AbortController(), new AbortController()];
    const first = flights.run('a', one.signal, work);
    const second = flights.run('a', two.signal, work);
    const inner = await started.promise;
    one.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    expect(inner.aborted).toBe(false);
    two.abort(new Error('left too'));
    await expect(second).rejects.toThrow('left too');
    expect(inner.aborted).toBe(true);
  });

  it('passes a failure on to all, and does not keep it', async () => {
    const flights = new SingleFlight<string>();
    const { signal } = new AbortController();
    const failing = () => Promise.reject(new Error('no'));
    const both = [flights.run('a', signal, failing), flights.run('a', signal, failing)];
    await expect(Promise.all(both)).rejects.toThrow('no');
    expect(await flights.run('a', signal, () => Promise.resolve('yes'))).toBe('yes');
  });
});

describe('SBOM cache', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kso-sboms-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const key = (digest: string, engineVersion = 'v1') => ({ digest, platform: 'linux/amd64', engineVersion });

  async function source(content: string): Promise<string> {
    const file = join(directory, 'source.json');
    await writeFile(file, content);
    return file;
  }

  it('gives back what was put in, for the same image and engine only', async () => {
    const cache = createSbomCache(join(directory, 'sboms'), 1_000_000);
    await cache.add(key('sha256:a'), await source('{"a":1}'), { distribution: 'debian' });
    const found = await cache.find(key('sha256:a'));
    expect(found?.facts).toEqual({ distribution: 'debian' });
    expect(await text(openSbom(found?.file ?? ''))).toBe('{"a":1}');
    expect(await cache.find(key('sha256:b'))).toBeUndefined();
    expect(await cache.find(key('sha256:a', 'v2'))).toBeUndefined();
    expect(await createSbomCache(join(directory, 'sboms'), 1).find(key('sha256:a'))).toEqual(found);
  });

  it('takes the same SBOM twice at a time and keeps it whole', async () => {
    const cache = createSbomCache(join(directory, 'sboms'), 1_000_000);
    const content = JSON.stringify({ text: 'x'.repeat(2_000_000) });
    const file = await source(content);
    await Promise.all([cache.add(key('a'), file, {}), cache.add(key('a'), file, {})]);
    const found = await cache.find(key('a'));
    expect((await text(openSbom(found?.file ?? ''))) === content).toBe(true);
    expect((await readdir(join(directory, 'sboms'))).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('puts the least recently used out when it is full, and keeps the newest', async () => {
    const folder = join(directory, 'sboms');
    const cache = createSbomCache(folder, 60);
    const file = await source('{"some":"json of a few bytes"}');
    for (const [index, digest] of ['a', 'b', 'c'].entries()) {
      const added = await cache.add(key(digest), file, {});
      const usedAt = new Date(Date.UTC(2026, 0, index + 1));
      await utimes(added.file, usedAt, usedAt);
    }
    expect(await cache.find(key('a'))).toBeUndefined();
    expect(await cache.find(key('c'))).toBeDefined();
    expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('rate limit breaker', () => {
  it('is open for ten minutes, for the same image and login', () => {
    let now = 0;
    const breaker = createRateLimitBreaker(() => now);
    const login = [{ username: 'a', password: 'b' }];
    breaker.trip({ imageTag: 'nginx' }, login);
    expect(breaker.isOpen({ imageTag: 'docker.io/library/nginx:latest' }, login)).toBe(true);
    expect(breaker.isOpen({ imageTag: 'nginx' }, [])).toBe(false);
    now = 10 * 60_000;
    expect(breaker.isOpen({ imageTag: 'nginx' }, login)).toBe(false);
  });

  it('tells logins apart whose fields run into each other', () => {
    const one = credentialsFingerprint([{ username: 'ab', password: 'c' }]);
    expect(one).not.toBe(credentialsFingerprint([{ username: 'a', password: 'bc' }]));
    expect(one).not.toContain('ab');
  });
});
