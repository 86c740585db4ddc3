import { expect, it } from 'vitest';
import { receiverUrl } from './receiver-url.ts';

const query = '?clusterName=prod-1&customerGUID=acc';

it.each([
  ['report.example', `wss://report.example/k8s/cluster-reports${query}`],
  ['report.example:8443', `wss://report.example:8443/k8s/cluster-reports${query}`],
  ['https://h', `wss://h/k8s/cluster-reports${query}`],
  ['http://h:8090', `ws://h:8090/k8s/cluster-reports${query}`],
  ['ws://h', `ws://h/k8s/cluster-reports${query}`],
  ['wss://h/base/', `wss://h/base/k8s/cluster-reports${query}`],
])('18.1 %s', (address, expected) => {
  expect(receiverUrl(address, { clusterName: 'prod-1', account: 'acc' })?.href).toBe(expected);
});

it('names cluster and account also when they are empty, and encodes them', () => {
  expect(receiverUrl('h', { clusterName: 'a b&c', account: '' })?.search).toBe('?clusterName=a+b%26c&customerGUID=');
});

it.each(['ftp://h', 'wss://user:password@h', 'wss://', '::'])('%s is no address', (address) => {
  expect(receiverUrl(address, { clusterName: 'c', account: '' })).toBeUndefined();
});
