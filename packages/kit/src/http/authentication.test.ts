import { describe, expect, it } from 'vitest';
import { Secret } from '../secret.ts';
import {
  anyAuthenticator,
  bearerToken,
  configuredTokens,
  isSameSecret,
  requireToken,
  type TokenAuthenticator,
} from './authentication.ts';
import { createHttpServer } from './server.ts';
import { testPorts } from './test-ports.ts';

function listener(authenticator: TokenAuthenticator) {
  const ports = testPorts();
  const { app } = createHttpServer({ ...ports, name: 'x', host: '127.0.0.1', port: 0 });
  requireToken(app, { authenticator, protects: (path) => path.startsWith('/v1/') && path !== '/v1/liveness' });
  let commands = 0;
  app.post('/v1/command', () => {
    commands += 1;
    return 'ok';
  });
  app.get('/v1/liveness', () => 'alive');
  const post = async (authorization?: string) => {
    const before = commands;
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await app.inject({ method: 'POST', url: '/v1/command?x=/open', headers });
    expect(commands - before).toBe(answer.statusCode === 200 ? 1 : 0);
    return answer;
  };
  return { app, post, lines: ports.lines };
}

const tokens = configuredTokens([new Secret('first-token'), new Secret('second-token')], 'an operator');
const away: TokenAuthenticator = {
  authenticate: () => Promise.resolve({ outcome: 'unavailable', detail: 'the API server does not answer' }),
};

describe('requireToken', () => {
  it('lets holders of a configured token in, whatever the case of the scheme', async () => {
    const { post } = listener(tokens);
    for (const authorization of ['Bearer first-token', 'bearer second-token', 'BEARER  first-token ']) {
      const answer = await post(authorization);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['www-authenticate']).toBeUndefined();
    }
  });

  it.each([
    [undefined, 'TOKEN_REQUIRED'],
    ['', 'TOKEN_REQUIRED'],
    ['first-token', 'TOKEN_REQUIRED'],
    ['Basic Zmlyc3QtdG9rZW4=', 'TOKEN_REQUIRED'],
    [`Bearer ${'x'.repeat(20_000)}`, 'TOKEN_REQUIRED'],
    ['Bearer first', 'TOKEN_REFUSED'],
    ['Bearer first-token2', 'TOKEN_REFUSED'],
    ['Bearer First-token', 'TOKEN_REFUSED'],
  ])('answers %s with 401 %s, and no token gets into the log', async (authorization, code) => {
    const { post, lines } = listener(tokens);
    const answer = await post(authorization);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.json()).toMatchObject({ code });
    expect(JSON.stringify(lines)).not.toContain('first');
  });

  it.each(['/%761/command', '/v%31/command', '/v1/comm%61nd', 'http://elsewhere/v1/command'])(
    'asks for it however the path is written: %s',
    async (url) => {
      const { app } = listener(tokens);
      expect((await app.inject({ method: 'POST', url })).statusCode).toBe(401);
    },
  );

  it('leaves other paths open', async () => {
    const { app } = listener(tokens);
    expect((await app.inject('/v1/liveness')).body).toBe('alive');
  });

  it('says when nobody can tell, and asks to come again', async () => {
    const { post } = listener(anyAuthenticator([tokens, away]));
    expect((await post('Bearer second-token')).statusCode).toBe(200);
    const answer = await post('Bearer unknown');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'TOKEN_UNCHECKED' });
    expect(answer.headers['retry-after']).toBeDefined();
  });

  it('refuses everybody when there is no authenticator', async () => {
    const { post } = listener(anyAuthenticator([]));
    expect((await post('Bearer first-token')).statusCode).toBe(401);
  });
});

it('compares secrets of any length', () => {
  expect(isSameSecret('a', 'a')).toBe(true);
  expect(isSameSecret('a', 'aa')).toBe(false);
  expect(isSameSecret('', 'a')).toBe(false);
});

it('takes no token out of what has two words', () => {
  expect(bearerToken('Bearer a b')).toBeUndefined();
});
