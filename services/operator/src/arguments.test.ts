import { loadConfig } from '@kso/kit';
import { expect, it } from 'vitest';
import { readArguments } from './arguments.ts';
import { operatorConfig } from './config.ts';

const tls = { certFile: '/certs/tls.crt', keyFile: '/certs/tls.key' };

it.each([
  [['-tlsCertFile=/certs/tls.crt', '-tlsKeyFile=/certs/tls.key']],
  [['--tlsCertFile', '/certs/tls.crt', '--tlsKeyFile', '/certs/tls.key']],
  [['-alsologtostderr', '-v=4', '2>&1', '-tlsKeyFile=/certs/tls.key', '-tlsCertFile', '/certs/tls.crt']],
])('%j name certificate and key', (argv) => {
  expect(readArguments(argv)).toEqual({ help: false, settings: { tls } });
});

it.each([
  [['-alsologtostderr', '-v=4', '2>&1']],
  [['-tlsCertFile=', '-tlsKeyFile=']],
  [['-__proto__=x', '-tlsKeyFile']],
])('%j change nothing', (argv) => {
  expect(readArguments(argv)).toEqual({ help: false, settings: {} });
});

it('one without the other is refused: nobody gets plain HTTP who asked for a certificate', () => {
  const { settings } = readArguments(['-tlsCertFile=/certs/tls.crt']);
  expect(() => loadConfig(operatorConfig, { env: {}, overrides: settings })).toThrow(/tls\.keyFile/);
  expect(loadConfig(operatorConfig, { env: {}, overrides: { tls } }).config.tls).toEqual(tls);
});

it('help is asked for', () => {
  expect(readArguments(['--help']).help).toBe(true);
});
