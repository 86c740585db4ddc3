import type { KubeObject } from '@kso/wire';
import type { Control } from '../../control.ts';
import { recordAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { objectRule } from '../../rules.ts';

/** Provisioners whose disks are always encrypted. */
const alwaysEncrypted = new Set([
  'disk.csi.azure.com',
  'file.csi.azure.com',
  'blob.csi.azure.com',
  'kubernetes.io/azure-disk',
  'kubernetes.io/azure-file',
  'pd.csi.storage.gke.io',
  'filestore.csi.storage.gke.io',
  'kubernetes.io/gce-pd',
]);

/** The data of persistent volumes is encrypted. */
export const encryptedVolumes: Control = {
  id: 'C-0264',
  rules: [
    objectRule({
      name: 'pv-without-encryption',
      kinds: [kinds.persistentVolume],
      related: [kinds.storageClass],
      check: (volume, { related, id }) => {
        const name = stringAt(recordAt(volume, 'spec'), 'storageClassName') ?? '';
        const classes = related.all(kinds.storageClass).filter(({ metadata }) => metadata.name === name);
        const driver = stringAt(recordAt(recordAt(volume, 'spec'), 'csi'), 'driver') ?? '';
        if (classes.some(encrypts) || alwaysEncrypted.has(driver)) return [];
        const path = 'spec.storageClassName';
        return [
          {
            message: `PersistentVolume "${volume.metadata.name}" stands on storage that is not known to be encrypted.`,
            paths: [
              { type: 'failed', path },
              { type: 'review', path },
            ],
            found: name === '' ? 'no storage class' : `storageClassName: ${name}`,
            wanted: 'a StorageClass that encrypts',
            relatedIds: classes.map(id),
          },
        ];
      },
    }),
  ],
};

function encrypts(storageClass: KubeObject): boolean {
  const { encrypted } = recordAt(storageClass, 'parameters');
  return encrypted === 'true' || alwaysEncrypted.has(stringAt(storageClass, 'provisioner') ?? '');
}
