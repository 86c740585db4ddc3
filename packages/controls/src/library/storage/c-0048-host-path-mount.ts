import type { Control } from '../../control.ts';
import { workloadRule } from '../../rules.ts';

/** Pods must not use directories of their node at all. */
export const hostPathMount: Control = {
  id: 'C-0048',
  rules: [
    workloadRule({
      name: 'alert-any-hostpath',
      check: ({ kind, name, volumes, containers }) =>
        volumes.flatMap((volume) => {
          if (volume.hostPath === undefined) return [];
          const mounts = containers.flatMap((container) =>
            container.mounts.filter((mount) => mount.volume === volume.name),
          );
          const places =
            mounts.length === 0 ? 'not mounted' : `mounted at ${mounts.map((mount) => mount.mountPath).join(', ')}`;
          return [
            {
              message: `${kind} "${name}" uses ${volume.hostPath} of its node as volume "${volume.name}", ${places}.`,
              paths: [
                { type: 'failed', path: `${volume.path}.hostPath.path` },
                { type: 'delete', path: volume.path },
              ],
              found: `hostPath: ${volume.hostPath}`,
              wanted: 'another type of volume',
            },
          ];
        }),
    }),
  ],
};
