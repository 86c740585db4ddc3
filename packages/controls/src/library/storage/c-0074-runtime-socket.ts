import type { Control } from '../../control.ts';
import { workloadRule } from '../../rules.ts';

const sockets =
  /^\/?(?:var\/)?run\/(?:docker\.sock|docker|containerd\/containerd\.sock|containerd|crio\/crio\.sock|crio|k3s\/containerd\/containerd\.sock)\/?$/;

/** Pods must not get at the container runtime of their node: who can, owns the node. */
export const runtimeSocket: Control = {
  id: 'C-0074',
  rules: [
    workloadRule({
      name: 'containers-mounting-docker-socket',
      os: 'linux',
      check: ({ kind, name, volumes }) =>
        volumes.flatMap((volume) =>
          volume.hostPath === undefined || !sockets.test(volume.hostPath)
            ? []
            : [
                {
                  message: `${kind} "${name}" uses the socket of the container runtime, ${volume.hostPath}.`,
                  paths: [
                    { type: 'failed' as const, path: `${volume.path}.hostPath.path` },
                    { type: 'delete' as const, path: volume.path },
                  ],
                  found: `hostPath: ${volume.hostPath}`,
                  wanted: 'no socket of a container runtime',
                },
              ],
        ),
    }),
  ],
};
