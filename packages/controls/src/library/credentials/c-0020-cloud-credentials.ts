import type { Control } from '../../control.ts';
import { workloadRule } from '../../rules.ts';

/** Where the tools of cloud providers keep credentials on a node. */
const places = /(?:^|\/)(?:\.aws|\.azure|\.config\/gcloud|gcloud)(?:\/|$)|^\/etc\/kubernetes\/azure\.json$/;

/** Pods do not mount credentials of a cloud provider from their node. */
export const cloudCredentials: Control = {
  id: 'C-0020',
  rules: [
    workloadRule({
      name: 'alert-mount-potential-credentials-paths',
      check: ({ kind, name, volumes, containers }) =>
        volumes.flatMap((volume) => {
          const { hostPath } = volume;
          const isMounted = containers.some(({ mounts }) => mounts.some((mount) => mount.volume === volume.name));
          if (hostPath === undefined || !places.test(hostPath) || !isMounted) return [];
          return [
            {
              message: `${kind} "${name}" mounts ${hostPath}, where nodes keep credentials of a cloud provider.`,
              paths: [
                { type: 'failed' as const, path: `${volume.path}.hostPath.path` },
                { type: 'delete' as const, path: volume.path },
              ],
              found: `hostPath: ${hostPath}`,
              wanted: 'the workload identity of the provider',
            },
          ];
        }),
    }),
  ],
};
