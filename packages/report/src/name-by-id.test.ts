import { expect, it } from 'vitest';
import { nameById } from './name-by-id.ts';

it.each([
  ['apps/v1/shop/Deployment/web', { namespace: 'shop', kind: 'Deployment', name: 'web' }],
  ['/v1//Node/a', { namespace: '', kind: 'Node', name: 'a' }],
  ['hostdata.kubescape.cloud/v1beta0/KubeletInfo/a', { namespace: '', kind: 'KubeletInfo', name: 'a' }],
  ['path=12/api=eks.amazonaws.com/v1/ClusterDescribe/b', { namespace: '', kind: 'ClusterDescribe', name: 'b' }],
])('%s', (id, expected) => {
  expect(nameById(id)).toEqual(expected);
});
