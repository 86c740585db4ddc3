import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { toolFolder } from '@kso/testkit/programs';

const root = path.resolve(import.meta.dirname, '../..');
const cluster = path.join(root, 'test/cluster/cluster.sh');
const images = ['kubescape-operator', 'kubescape-operator-engines'];

/** Why the end-to-end tests cannot run here, or undefined. */
export function whyNoCluster(): string | undefined {
  if (process.platform !== 'linux') return 'a node takes Linux';
  if (process.getuid?.() !== 0) return 'a node takes root';
  // One that is somebody else's must not be ended with ours.
  return existsSync('/var/run/netns/kso-cluster') ? `a cluster is up already (${cluster} down)` : undefined;
}

/** The environment in which the cluster's programs are found. */
export function clusterEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:${toolFolder()}` };
}

/** The command that runs another one on the node of the cluster. */
export const onNode = [cluster, 'exec'] as const;

/** Builds our images, starts the cluster and gives them to its registry. False, with the reason printed, when a step fails. */
export function startCluster(): boolean {
  const build = [path.join(root, 'tools/images/build.ts'), '--local', '--tag', 'e2e'];
  return (
    step('images', process.execPath, build) &&
    step('cluster', cluster, ['up']) &&
    images.every((name) => step(`push ${name}`, cluster, ['push', `localhost/${name}:e2e`, `${name}:e2e`]))
  );
}

/** After a failure: what there is in the cluster, and what it complained of. */
export function showCluster(): void {
  for (const what of [
    ['pods', '-o', 'wide'],
    ['events', '--field-selector=type=Warning', '--sort-by=.lastTimestamp'],
  ])
    spawnSync(cluster, ['exec', 'kubectl', 'get', '-A', ...what], { env: clusterEnvironment(), stdio: 'inherit' });
}

export function stopCluster(): void {
  step('cluster down', cluster, ['down']);
}

function step(name: string, program: string, args: readonly string[]): boolean {
  const startedAt = Date.now();
  const { status, error } = spawnSync(program, args, { cwd: root, env: clusterEnvironment(), stdio: 'inherit' });
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  console.log(status === 0 ? `${name}: ${seconds} s` : `${name}: failed (${error?.message ?? `status ${status}`})`);
  return status === 0;
}
