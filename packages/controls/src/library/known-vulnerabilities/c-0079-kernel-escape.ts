import type { KubeObject, Verdict } from '@kso/wire';
import { type Control, passed, untold, verdictOf } from '../../control.ts';
import { recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { hostDataOf } from '../host/file.ts';
import { compareVersions, parseVersion } from './version.ts';

/** CVE-2022-0185 came with 5.1; first versions with its fix, of each line that was kept. */
const from = [5, 1];
const fixed = [5, 16, 2];
const fixedLines: readonly (readonly number[])[] = [
  [5, 4, 173],
  [5, 10, 93],
  [5, 15, 16],
];
/** Builds of Ubuntu with the fix, which keep the version that they began with: `5.4.0-96-generic`. */
const fixedBuilds: readonly { readonly version: string; readonly flavour: string; readonly build: number }[] = [
  { version: '5.4.0', flavour: 'generic', build: 96 },
  { version: '5.13.0', flavour: 'generic', build: 27 },
  { version: '5.4.0', flavour: 'azure', build: 1067 },
];

/** Kernels of nodes do not let a process out of its container by CVE-2022-0185. */
export const kernelEscape: Control = {
  id: 'C-0079',
  rules: [
    {
      target: 'object',
      name: 'CVE-2022-0185',
      kinds: [kinds.node],
      related: [kinds.linuxKernelVariables],
      inputs: [],
      check: (node, { related, id }): Verdict => {
        const info = recordAt(recordAt(node, 'status'), 'nodeInfo');
        if (stringAt(info, 'operatingSystem') === 'windows')
          return { status: 'passed', irrelevant: 'only for nodes with Linux' };
        const kernel = stringAt(info, 'kernelVersion') ?? '';
        const version = parseVersion(kernel);
        const { name } = node.metadata;
        if (version === undefined || version.length < 2) return untold(`node "${name}" does not tell its kernel`);
        if (!isAffected(kernel, version)) return passed;
        const told = related.all(kinds.linuxKernelVariables).filter(({ metadata }) => metadata.name === name);
        const switches = told.flatMap(userNamespaces);
        if (switches.includes('off')) return passed;
        if (!switches.includes('on'))
          return untold(`node "${name}" does not tell whether users may make user namespaces`);
        const path = 'status.nodeInfo.kernelVersion';
        return verdictOf([
          {
            message: `Node "${name}" runs the kernel ${kernel}, which has CVE-2022-0185, and lets users make user namespaces.`,
            paths: [
              { type: 'failed', path },
              { type: 'review', path },
            ],
            found: kernel,
            wanted: 'a kernel with the fix (5.16.2, 5.15.16, 5.10.93, 5.4.173 or later)',
            relatedIds: told.map(id),
          },
        ]);
      },
    },
  ],
};

function isAffected(kernel: string, version: readonly number[]): boolean {
  if (compareVersions(version, from) < 0 || compareVersions(version, fixed) >= 0) return false;
  const line = fixedLines.find(([major, minor]) => version[0] === major && version[1] === minor);
  if (line !== undefined && compareVersions(version, line) >= 0) return false;
  const [, base, build, flavour] = /^(\d+\.\d+\.\d+)-(\d+)-([a-z]+)/.exec(kernel) ?? [];
  return !fixedBuilds.some(
    (known) => known.version === base && known.flavour === flavour && Number(build) >= known.build,
  );
}

/** What the kernel's switches say: the one of Debian and Ubuntu, and the limit that every kernel has. */
function userNamespaces(variables: KubeObject): ('on' | 'off')[] {
  return recordsAt(hostDataOf(variables).data, 'kernelVariables').flatMap(({ value }): ('on' | 'off')[] => {
    const name = (stringAt(value, 'key') ?? '').split(/[./]/).at(-1);
    const text = stringAt(value, 'value')?.trim() ?? '';
    if (!/^\d+$/.test(text)) return [];
    if (name === 'unprivileged_userns_clone') return [Number(text) === 0 ? 'off' : 'on'];
    return name === 'max_user_namespaces' && Number(text) === 0 ? ['off'] : [];
  });
}
