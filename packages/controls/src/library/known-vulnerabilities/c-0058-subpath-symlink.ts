import type { KubeObject } from '@kso/wire';
import type { Control } from '../../control.ts';
import { recordAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { containerRule, describeContainer } from '../../rules.ts';
import { compareVersions, parseVersion } from './version.ts';

/** First kubelet version of each minor release that has the fix of CVE-2021-25741; every older minor release is affected. */
const fixedIn: Readonly<Record<number, number>> = { 19: 15, 20: 11, 21: 5, 22: 2 };

/** Mounts with a subPath let a container reach files of its node where a kubelet has CVE-2021-25741. */
export const subPathSymlink: Control = {
  id: 'C-0058',
  rules: [
    containerRule({
      name: 'Symlink-Exchange-Can-Allow-Host-Filesystem-Access',
      related: [kinds.node],
      check: (container, { related, id }) => {
        const mounts = container.mounts.filter(({ hasSubPath }) => hasSubPath);
        if (mounts.length === 0) return [];
        const affected = related.all(kinds.node).filter(isAffected);
        if (affected.length === 0) return [];
        return [
          {
            message: `The ${describeContainer(container)} mounts volumes with a subPath while ${affected.length} nodes run a kubelet with CVE-2021-25741.`,
            paths: mounts.flatMap(({ path }) => [
              { type: 'failed' as const, path: `${path}.subPath` },
              { type: 'delete' as const, path: `${path}.subPath` },
            ]),
            found: [...new Set(affected.map(kubeletVersion))].join(', '),
            wanted: 'kubelet 1.19.15, 1.20.11, 1.21.5, 1.22.2 or later',
            relatedIds: affected.map(id),
          },
        ];
      },
    }),
  ],
};

function kubeletVersion(node: KubeObject): string {
  return stringAt(recordAt(recordAt(node, 'status'), 'nodeInfo'), 'kubeletVersion') ?? '';
}

function isAffected(node: KubeObject): boolean {
  const version = parseVersion(kubeletVersion(node));
  if (version === undefined || compareVersions(version, [1, 23]) >= 0) return false;
  const fixedPatch = fixedIn[version[1] ?? 0];
  return fixedPatch === undefined || (version[2] ?? 0) < fixedPatch;
}
