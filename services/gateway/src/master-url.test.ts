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
])('%s', (text, expected) => expect(parseMasterUrl(text, 'masterUrl').href).toBe(expected));

it.each(['', 'ftp://gw', 'wss://', 'not a host'])('refuses %j with the name of the setting', (text) => {
  expect(() => parseMasterUrl(text, 'masterUrl')).toThrow(
    expect.objectContaining({ code: 'MASTER_URL_INVALID', message: expect.stringContaining('masterUrl') }),
  );
});

it('credentials in the URL are not taken over', () => {
  expect(parseMasterUrl('wss://u:p@gw.example.com', 'masterUrl').href).not.toContain('u:p');
});

it('attributes are the query, in alphabetical order and escaped', () => {
  const attributes = attributesOf(Object.entries({ customerGUID: 'a b', clusterName: 'c&1' }));
  expect(registrationUrl(parseMasterUrl('gw', 'x'), attributes).search).toBe('?clusterName=c%261&customerGUID=a+b');
});
