import type { KubeObject } from '@kso/wire';
import type { ComponentName } from '../component.ts';

/** The static pod of a component, with these flags. */
export function staticPod(program: ComponentName, flags: readonly unknown[]): KubeObject {
  return podRunning({ command: [program, ...flags] }, `${program}-node`);
}

/** A pod with one container, which runs this. */
export function podRunning(container: object, name = 'p', namespace = 'kube-system'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [{ name: 'app', image: 'registry.example.com/app:1.0.0', ...container }] },
  };
}
