import type { Finding, FindingPath, KubeObject, Verdict } from '@kso/wire';
import { type Control, passed, untold, verdictOf } from '../../control.ts';
import { recordAt, stringAt } from '../../objects/json.ts';
import { kinds, workloadKinds } from '../../objects/kinds.ts';
import type { Container } from '../../objects/workload.ts';
import { describeContainer } from '../../rules.ts';
import { compareVersions, parseVersion } from './version.ts';

/** First kubelet version of each minor release that has the fix of CVE-2021-25741; every older minor release is affected. */
const fixedIn: Readonly<Record<number, number>> = { 19: 15, 20: 11, 21: 5, 22: 2 };

/** Mounts with a subPath let a container reach files of its node where a kubelet has CVE-2021-25741. */
export const subPathSymlink: Control = {
  id: 'C-0058',
  rules: [
    {
      target: 'workload',
      name: 'Symlink-Exchange-Can-Allow-Host-Filesystem-Access',
      kinds: workloadKinds,
      related: [kinds.node],
      inputs: [],
      check: ({ containers }, { related, id }): Verdict => {
        const mounting = containers.filter(({ mounts }) => mounts.some(({ hasSubPath }) => hasSubPath));
        if (mounting.length === 0) return passed;
        const nodes = related.all(kinds.node);
        const affected = nodes.filter((node) => isAffected(node) === true);
        if (affected.length > 0) {
          const found = [...new Set(affected.map(kubeletVersion))].join(', ');
          return verdictOf(mounting.map((container) => findingOn(container, found, affected.map(id))));
        }
        const isKnown = nodes.length > 0 && nodes.every((node) => isAffected(node) === false);
        return isKnown
          ? passed
          : untold('it mounts volumes with a subPath, and the kubelets of the nodes are not known');
      },
    },
  ],
};

function findingOn(container: Container, versions: string, nodeIds: readonly string[]): Finding {
  const paths = container.mounts.filter(({ hasSubPath }) => hasSubPath).map(({ path }) => `${path}.subPath`);
  return {
    message: `The ${describeContainer(container)} mounts volumes with a subPath while ${nodeIds.length} nodes run a kubelet with CVE-2021-25741.`,
    paths: paths.flatMap((path): FindingPath[] => [
      { type: 'failed', path },
      { type: 'delete', path },
    ]),
    container: { name: container.name, list: container.list },
    found: versions,
    wanted: 'kubelet 1.19.15, 1.20.11, 1.21.5, 1.22.2 or later',
    relatedIds: nodeIds,
  };
}

function kubeletVersion(node: KubeObject): string {
  return stringAt(recordAt(recordAt(node, 'status'), 'nodeInfo'), 'kubeletVersion') ?? '';
}

/** Undefined if the node does not tell the version of its kubelet. */
function isAffected(node: KubeObject): boolean | undefined {
  const version = parseVersion(kubeletVersion(node));
  if (version === undefined || version.length < 3) return undefined;
  if (compareVersions(version, [1, 23]) >= 0) return false;
  const fixedPatch = fixedIn[version[1] ?? 0];
  return fixedPatch === undefined || (version[2] ?? 0) < fixedPatch;
}
