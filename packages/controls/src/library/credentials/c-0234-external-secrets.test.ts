import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { externalSecrets } from './c-0234-external-secrets.ts';

const volume = (volumeAttributes: unknown) =>
  pod({ spec: { volumes: [{ name: 'v', csi: { driver: 'secrets-store.csi.k8s.io', volumeAttributes } }] } });

describe('C-0234 external secrets', () => {
  it('passes a CSI volume with a class', () => {
    expect(findingsOn(externalSecrets, volume({ secretProviderClass: 'vault' }))).toEqual([]);
  });

  it('fails without', () => {
    for (const object of [pod(), volume({}), volume({ secretProviderClass: 7 }), volume(null)])
      expect(findingsOn(externalSecrets, object)).toHaveLength(1);
  });
});
