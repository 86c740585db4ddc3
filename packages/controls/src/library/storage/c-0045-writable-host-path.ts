import type { FindingPath } from '@kso/wire';
import type { Control } from '../../control.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** A directory of the node may only be mounted read-only. One finding for a container and volume, however often it is mounted (B02). */
export const writableHostPath: Control = {
  id: 'C-0045',
  rules: [
    containerRule({
      name: 'alert-rw-hostpath',
      check: (container, _context, { volumes }) =>
        volumes.flatMap((volume) => {
          if (volume.hostPath === undefined) return [];
          const writable = container.mounts.filter((mount) => mount.volume === volume.name && mount.readOnly !== true);
          if (writable.length === 0) return [];
          const places = writable.map(({ mountPath }) => mountPath).join(', ');
          return [
            {
              message: `The ${describeContainer(container)} can write to ${volume.hostPath} of its node, mounted at ${places}.`,
              paths: writable.flatMap(({ path, readOnly }): FindingPath[] => [
                ...(readOnly === undefined ? [] : ([{ type: 'failed', path: `${path}.readOnly` }] as const)),
                { type: 'fix', path: `${path}.readOnly`, value: 'true' },
              ]),
              found: `hostPath ${volume.hostPath} mounted read-write`,
              wanted: 'readOnly: true',
            },
          ];
        }),
    }),
  ],
};
