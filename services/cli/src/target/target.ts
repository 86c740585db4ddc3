import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { sanitizeClusterName } from '@kso/domain';
import type { KubeClient } from '@kso/kube';
import type { GivenText } from '@kso/manifests';
import { fail } from '../errors.ts';
import { type CliHost, userPath } from '../host.ts';
import { hasSample, isSample, sampleFolder } from './sample.ts';

/** What a run looks at. */
export type Target =
  | { readonly kind: 'cluster'; readonly name: string; readonly clusterName: string; readonly client: KubeClient }
  /** `name` as the user wrote it, `paths` absolute. */
  | {
      readonly kind: 'manifests' | 'sample';
      readonly name: string;
      readonly clusterName: string;
      readonly paths: readonly string[];
      /** Manifests that are in no file. */
      readonly texts?: readonly GivenText[];
      /** Charts and kustomizations are rendered; absent: they are left out. */
      readonly renders?: { readonly helmValues: readonly string[] };
    };

export interface TargetOptions {
  readonly manifests?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
}

/**
 * What `kso up` scans: the manifests if some are named, else the cluster of the kubeconfig if it answers, else the sample. A cluster
 * that was asked for by name has to answer.
 * @throws PATH_UNREADABLE, CLUSTER_UNREACHABLE, CONFLICTING_OPTIONS
 */
export async function chooseTarget(
  options: TargetOptions,
  host: CliHost,
  onNote: (note: string) => void,
): Promise<Target> {
  const asked = options.context !== undefined || options.kubeconfig !== undefined;
  if (options.manifests !== undefined) {
    const b = options.context === undefined ? '--kubeconfig' : '--context';
    if (asked) throw fail('CONFLICTING_OPTIONS', { a: '--manifests', b });
    return manifestsTarget([options.manifests], host);
  }
  const { findCluster, requireCluster } = await import('./cluster.ts');
  if (asked || !hasSample()) return clusterTarget(await requireCluster(options, host));
  const lookup = await findCluster(options, host);
  if (lookup.found) return clusterTarget(lookup.client);
  onNote(
    lookup.configured
      ? `The current cluster does not answer (${lookup.reason}): scanning the sample cluster instead.`
      : 'No cluster is configured: scanning the sample cluster. Your own: kso up --manifests PATH, or a kubeconfig.',
  );
  return sampleTarget();
}

/** Folders and files as the user wrote them. @throws PATH_UNREADABLE */
export function manifestsTarget(written: readonly string[], host: CliHost): Target {
  const paths = written.map((path) => {
    if (path === '') throw fail('PATH_UNREADABLE', { path: "''", problem: 'a path is empty' });
    const absolute = userPath(host, path);
    try {
      statSync(absolute);
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (missing) throw fail('PATH_UNREADABLE', { path, problem: 'no such file or folder' });
      throw fail('PATH_UNREADABLE', { path, problem: 'it cannot be read' }, error);
    }
    return absolute;
  });
  const [first = ''] = paths;
  if (paths.length === 1 && isSample(first)) return { ...sampleTarget(), name: written[0] ?? '' };
  const name = written.join(' ');
  return { kind: 'manifests', name, clusterName: sanitizeClusterName(basename(first)), paths };
}

export function clusterTarget(client: KubeClient): Target {
  return { kind: 'cluster', name: client.name, clusterName: sanitizeClusterName(client.name), client };
}

function sampleTarget(): Target & { readonly kind: 'manifests' | 'sample' } {
  return { kind: 'sample', name: 'deploy/sample', clusterName: 'sample', paths: [sampleFolder] };
}
