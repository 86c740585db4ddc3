import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startFakeApiServer } from '@kso/kube/testing';
import type { KubeObject } from '@kso/wire';

/** Where the pods of a soak test are, with what goes wrong there. */
export interface World {
  /** Settings of the suite that make it look here. */
  readonly env: Readonly<Record<string, string>>;
  put(name: string, privileged: boolean): void;
  remove(name: string): void;
  /** One of the things that happen to a watch in a long life. */
  disturb(): void;
  stop(): Promise<void>;
}

export const namespace = 'soak';

/** An API server in memory whose watches end, break, and begin too late. */
export async function startCluster(folder: string): Promise<World> {
  const server = await startFakeApiServer();
  const kubeconfig = path.join(folder, 'kubeconfig');
  const config = {
    kind: 'Config',
    clusters: [{ name: 'soak', cluster: { server: server.url } }],
    contexts: [{ name: 'soak', context: { cluster: 'soak' } }],
    'current-context': 'soak',
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const disturbances = [
    () => server.closeWatches('end'),
    () => server.closeWatches('reset'),
    () => server.sendBookmarks(),
    () => {
      // What happened before is forgotten, so that whoever watched has to list again.
      server.compact();
      server.closeWatches('reset');
    },
  ];
  return {
    env: { KSO_SUITE_TARGET_TYPE: 'cluster', KSO_SUITE_TARGET_KUBECONFIG: kubeconfig },
    put: (name, privileged) => void server.put(pod(name, privileged)),
    remove: (name) => server.remove(pod(name, false)),
    disturb: () => oneOf(disturbances)(),
    stop: () => server.stop(),
  };
}

/** A folder with a file for each pod; editors and checkouts write files in more ways than one. */
export function startFolder(folder: string): Promise<World> {
  const fileOf = (name: string) => path.join(folder, `${name}.json`);
  const passing = path.join(folder, 'passing.yaml');
  const disturbances = [
    () => writeFileSync(passing, 'kind: [no yaml'),
    () => rmSync(passing, { force: true }),
    () => writeFileSync(path.join(folder, 'notes.txt'), 'no manifest'),
  ];
  return Promise.resolve({
    env: { KSO_SUITE_TARGET_TYPE: 'manifests', KSO_SUITE_TARGET_PATH: folder },
    put: (name, privileged) => {
      const text = JSON.stringify(pod(name, privileged));
      if (Math.random() < 0.5) return writeFileSync(fileOf(name), text);
      writeFileSync(`${fileOf(name)}.tmp`, text);
      renameSync(`${fileOf(name)}.tmp`, fileOf(name));
    },
    remove: (name) => rmSync(fileOf(name), { force: true }),
    disturb: () => oneOf(disturbances)(),
    stop: () => Promise.resolve(),
  });
}

function pod(name: string, privileged: boolean): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [{ name: 'app', image: 'registry.invalid/app:1', securityContext: { privileged } }] },
  };
}

function oneOf(actions: readonly (() => void)[]): () => void {
  const chosen = actions[Math.floor(Math.random() * actions.length)];
  if (chosen === undefined) throw new TypeError('nothing to choose from');
  return chosen;
}
