import { describe, expect, it } from 'vitest';
import { parseArguments, parseHeaders } from './arguments.ts';

describe('the flags of the http-request image', () => {
  it('as the charts write them', () => {
    const argv = [
      '-method=post',
      '-scheme=http',
      '-host=operator:4002',
      '-path=v1/triggerAction',
      '-headers="Content-Type:application/json"',
      '-path-body=/home/ks/request-body.json',
      '-skip-ssl-verify=true',
    ];
    expect(parseArguments(argv)).toEqual({
      ok: true,
      help: false,
      settings: {
        method: 'post',
        scheme: 'http',
        host: 'operator:4002',
        path: 'v1/triggerAction',
        headers: { 'Content-Type': 'application/json' },
        pathBody: '/home/ks/request-body.json',
        skipSslVerify: true,
      },
    });
  });

  it('as Go allows them: two dashes, value apart, switch alone', () => {
    expect(parseArguments(['--host', 'operator:4002', '-skip-ssl-verify', '-body', '{"a":"b=c"}'])).toMatchObject({
      settings: { host: 'operator:4002', skipSslVerify: true, body: '{"a":"b=c"}' },
    });
  });

  it('all problems at once', () => {
    expect(parseArguments(['-hots=x', 'hunter2', '-skip-ssl-verify=maybe', '-path'])).toEqual({
      ok: false,
      problems: [
        'unknown flag -hots',
        'there are only flags, no other arguments',
        '-skip-ssl-verify is true or false',
        '-path needs a value',
      ],
    });
  });

  it('help', () => expect(parseArguments(['-h'])).toMatchObject({ ok: true, help: true }));
});

describe('headers', () => {
  it('are pairs; an item without exactly one colon is dropped', () => {
    expect(parseHeaders('A:1; B : 2;no;C:x:y;:z;;')).toEqual({ A: '1', B: '2' });
  });

  it.each(['Authorization:Bearer x', 'x-api-key: y', 'COOKIE:z'])('must not carry secrets: %s', (text) => {
    expect(parseArguments([`-headers=${text}`])).toEqual({
      ok: false,
      problems: ['-headers must not carry a secret; use -token-file'],
    });
  });
});
