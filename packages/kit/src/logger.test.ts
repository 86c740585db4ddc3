import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorFactory } from './errors.ts';
import { createLogger, logLevel } from './logger.ts';
import { redactHeaders, redactText } from './redact.ts';
import { Secret } from './secret.ts';

function capture(level = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ service: 'test', level, destination: { write: (line) => lines.push(line) } });
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

it('writes JSON lines with a readable level, an RFC 3339 time and the service', () => {
  const { logger, parsed } = capture();
  logger.child({ jobId: 'j', parentId: 'p' }).info({ image: 'x' }, 'scanning');
  expect(parsed()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      service: 'test',
      jobId: 'j',
      parentId: 'p',
      image: 'x',
      msg: 'scanning',
    },
  ]);
});

it('lines stand in their order in standard output, also when the process ends right after them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kso-logger-'));
  try {
    const module = new URL('./logger.ts', import.meta.url).href;
    const script = `import { createLogger } from ${JSON.stringify(module)};
      const logger = createLogger({ service: 'x', level: 'info' });
      for (let n = 0; n < 5; n += 1) logger.info({ n }, 'line');
      process.exit(0);`;
    const file = join(folder, 'out');
    // A file: writes to it go through the thread pool when they are not made at once.
    execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', openSync(file, 'w'), 'inherit'],
    });
    const numbers = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n);
    expect(numbers).toEqual([0, 1, 2, 3, 4]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('level', () => {
  it.each([
    ['DEBUG', 'debug'],
    ['warning', 'warn'],
    ['success', 'info'],
    ['loud', 'info'],
    ['silent', 'silent'],
  ])('%s is %s', (name, level) => expect(logLevel(name)).toBe(level));

  it('is found in the environment, ours first', () => {
    expect(createLogger({ service: 's', env: { KS_LOGGER_LEVEL: 'error' } }).level).toBe('error');
    expect(createLogger({ service: 's', env: { KS_LOGGER_LEVEL: 'error', KSO_LOG_LEVEL: 'debug' } }).level).toBe(
      'debug',
    );
    expect(createLogger({ service: 's', env: {} }).level).toBe('info');
  });
});

describe('redaction', () => {
  it('covers secret-looking fields, Secret values, URLs and authorization values', () => {
    const { logger, lines } = capture();
    logger.info({ password: 'hunter2', a: { token: 'hunter2', b: { accessKey: 'hunter2' } } }, 'fields');
    logger.info({ job: { credentialsList: [{ username: 'hunter2' }] }, login: { registryToken: 'hunter2' } }, 'job');
    logger.info({ key: new Secret('hunter2') }, 'secret');
    logger.info({ url: 'https://bob:hunter2@registry.example.com/v2/' }, 'pull from http://hunter2@h/');
    logger.info({ text: 'Authorization: Bearer hunter2hunter2', other: 'Basic aHVudGVyMg==' }, 'headers');
    logger.error({ err: new Error('GET https://bob:hunter2@h failed') }, 'failed');
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(line).not.toMatch(/hunter2|aHVudGVy/);
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('leaves ordinary text alone', () => {
    for (const text of ['see https://example.com/a@b', 'mail a@example.com', 'Basic idea', 'nginx@sha256:abc']) {
      expect(redactText(text)).toBe(text);
    }
  });

  it('never breaks a JSON line and takes linear time', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (user, text) => {
        const line = JSON.stringify({ url: `http://${user}@host/`, text: `Bearer ${text}` });
        expect(() => JSON.parse(redactText(line)) as unknown).not.toThrow();
      }),
    );
    expect(redactText(`x://${'a:'.repeat(200_000)}`)).toHaveLength(400_004);
  });

  it('hides headers that carry credentials', () => {
    expect(redactHeaders({ Authorization: 'x', 'X-API-KEY': 'y', accept: 'z' })).toEqual({
      Authorization: '[redacted]',
      'X-API-KEY': '[redacted]',
      accept: 'z',
    });
  });
});

describe('errors', () => {
  const fail = errorFactory({
    BROKEN: { message: '{what} broke', httpStatus: 500, retryable: false, severity: 'error' },
  });

  it('are written with code, context and causes', () => {
    const { logger, parsed } = capture();
    logger.error({ err: fail('BROKEN', { what: 'disk' }, new Error('inner')) }, 'failed');
    expect(parsed()[0]?.['err']).toMatchObject({
      type: 'KsoError',
      code: 'BROKEN',
      message: 'disk broke',
      context: { what: 'disk' },
      stack: expect.stringContaining('disk broke'),
      cause: { type: 'Error', message: 'inner' },
    });
  });

  it('of several are written each', () => {
    const { logger, parsed } = capture();
    logger.error({ err: new AggregateError([new Error('one'), new Error('two')], 'both') }, 'failed');
    expect(parsed()[0]?.['err']).toMatchObject({ message: 'both', errors: [{ message: 'one' }, { message: 'two' }] });
  });

  it('do not bring along what a client has hung on them, and end when causes run in a circle', () => {
    const { logger, lines } = capture();
    const error = Object.assign(new Error('x'), { config: { headers: { 'X-Custom': 'hunter2' } } });
    error.cause = error;
    logger.error({ err: error }, 'failed');
    expect(lines.join()).not.toContain('hunter2');
  });
});
