import { expect, it } from 'vitest';
import { attributesOf } from './attributes.ts';
import { parseMasterUrl, registrationUrl } from './master-url.ts';

it.each([
  ['wss://gw.example.com/v1/waitfornotification', 'wss://gw.example.com/v1/waitfornotification'],
  ['wss://gw.example.com', 'wss://gw.example.com/v1/waitfornotification'],
  ['https://gw.example.com/', 'wss://gw.example.com/v1/waitfornotification'],
  ['http://gw.example.com:8001', 'ws://gw.example.com:8001/v1/waitfornotification'],
  ['gw.example.com', 'wss://gw.example.com/v1/waitfornotification'],
  ['gw.example.com:8001', 'wss://gw.example.com:8001/v1/waitfornotification'],
  ['ws://gw/base/v1/waitfornotification?a=b', 'ws://gw/base/v1/waitfornotification?a=b'],
])('%s', (text, expected) => expect(parseMasterUrl(text)?.href).toBe(expected));

it.each(['', 'ftp://gw', 'wss://', 'not a host'])('refuses %j', (text) => {
  expect(parseMasterUrl(text)).toBeUndefined();
});

it('credentials in the URL are not taken over', () => {
  expect(parseMasterUrl('wss://u:p@gw.example.com')?.host).toBe('gw.example.com');
  expect(parseMasterUrl('wss://u:p@gw.example.com')?.href).not.toContain('u:p');
});

it('attributes are the query, in alphabetical order and escaped', () => {
  const attributes = attributesOf(Object.entries({ customerGUID: 'a b', clusterName: 'c&1' }));
  expect(registrationUrl(new URL('wss://gw/'), attributes).search).toBe('?clusterName=c%261&customerGUID=a+b');
});
