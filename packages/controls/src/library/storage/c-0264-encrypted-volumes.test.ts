import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { encryptedVolumes } from './c-0264-encrypted-volumes.ts';

const volume = (storageClassName: unknown): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'pv' },
  spec: { storageClassName },
});
const storageClass = (provisioner: string, parameters: object = {}): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'fast' },
  provisioner,
  parameters,
});

describe('C-0264 encrypted volumes', () => {
  it('fails without a class, with an unknown one, and with one that does not encrypt', () => {
    const plain = storageClass('ebs.csi.aws.com', { encrypted: 'false' });
    expect(findingsOn(encryptedVolumes, volume('fast'), { others: [plain] })).toHaveLength(1);
    expect(findingsOn(encryptedVolumes, volume('slow'), { others: [storageClass('disk.csi.azure.com')] })).toHaveLength(
      1,
    );
    expect(findingsOn(encryptedVolumes, volume(7))).toHaveLength(1);
  });

  it('passes a driver that always encrypts, whatever the class', () => {
    const written = { ...volume(undefined), spec: { csi: { driver: 'pd.csi.storage.gke.io' } } };
    expect(findingsOn(encryptedVolumes, written)).toEqual([]);
  });

  it('passes one that encrypts', () => {
    const encrypted = storageClass('ebs.csi.aws.com', { encrypted: 'true' });
    expect(findingsOn(encryptedVolumes, volume('fast'), { others: [encrypted] })).toEqual([]);
    expect(findingsOn(encryptedVolumes, volume('fast'), { others: [storageClass('disk.csi.azure.com')] })).toEqual([]);
  });
});
