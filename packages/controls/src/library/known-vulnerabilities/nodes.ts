import type { UnknownRecord } from '@kso/domain';
import type { KubeObject, Verdict } from '@kso/wire';
import { type Control, type ObjectRule, passed, verdictOf } from '../../control.ts';
import { recordAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { compareVersions, parseVersion } from './version.ts';

/** The three newest minor releases, which get fixes. To be raised three times a year. */
const supported = { newest: 36, oldest: 34 };

/** First version of each line of containerd that has the fix of CVE-2022-23648. */
const containerdFixes: readonly (readonly number[])[] = [
  [1, 4, 13],
  [1, 5, 10],
  [1, 6, 1],
];

/** Nodes run a containerd without the hole. */
export const containerdEscape: Control = {
  id: 'C-0087',
  rules: [
    nodeRule('CVE-2022-23648', 'containerRuntimeVersion', (text) => {
      const match = /^containerd:\/\/(.*)$/.exec(text);
      if (match === null) return { ok: true };
      const version = parseVersion(match[1] ?? '');
      if (version === undefined) return undefined;
      const line = containerdFixes.find(([major, minor]) => version[0] === major && version[1] === minor);
      const fixed = line ?? containerdFixes[0] ?? [];
      const ok = compareVersions(version, fixed) >= 0;
      return {
        ok,
        problem: `runs ${text}, which has CVE-2022-23648`,
        wanted: `containerd ${fixed.join('.')} or later`,
      };
    }),
  ],
};

/** Nodes run a release that gets fixes. One that is newer than this library is fine. */
export const supportedRelease: Control = {
  id: 'C-0273',
  rules: [
    nodeRule('outdated-k8s-version', 'kubeletVersion', (text) => {
      const version = parseVersion(text);
      if (version === undefined) return undefined;
      return {
        ok: compareVersions(version, [1, supported.oldest]) >= 0,
        problem: `runs Kubernetes ${text}, which gets no fixes any more`,
        wanted: `1.${supported.oldest} to 1.${supported.newest}, or later`,
      };
    }),
  ],
};

/** Nodes of EKS run an operating system made for containers. */
export const containerOptimizedOs: Control = {
  id: 'C-0226',
  rules: [
    nodeRule('alert-container-optimized-os-not-in-use', 'osImage', (text) => ({
      ok: text.startsWith('Bottlerocket'),
      problem: `runs ${text}, which is not made for containers only`,
      wanted: 'Bottlerocket',
    })),
  ],
};

/** Some nodes of EKS are run by Fargate. */
export const fargateInUse: Control = {
  id: 'C-0233',
  rules: [
    {
      target: 'object',
      name: 'alert-fargate-not-in-use',
      kinds: [kinds.node],
      related: [kinds.node],
      inputs: [],
      check: ({ metadata: { name } }, { related }): Verdict => {
        const isFargate = (nodeName: string): boolean => nodeName.startsWith('fargate');
        if (isFargate(name) || related.all(kinds.node).some(({ metadata }) => isFargate(metadata.name))) return passed;
        return verdictOf([
          {
            message: `Node "${name}" and all others are not run by Fargate.`,
            paths: [{ type: 'review', path: 'metadata.name' }],
            found: name,
            wanted: 'nodes of Fargate for untrusted workloads',
          },
        ]);
      },
    },
  ],
};

type Answer = { readonly ok: true } | { readonly ok: boolean; readonly problem: string; readonly wanted: string };

/** A rule over a text of a node's `status.nodeInfo`. What is missing or cannot be understood is not evaluated. */
function nodeRule(name: string, field: string, judge: (text: string) => Answer | undefined): ObjectRule {
  return {
    target: 'object',
    name,
    kinds: [kinds.node],
    related: [],
    inputs: [],
    check: (node): Verdict => {
      const text = stringAt(nodeInfoOf(node), field);
      const answer = text === undefined || text === '' ? undefined : judge(text);
      if (text === undefined || answer === undefined)
        return { status: 'notEvaluated', reason: 'integration', detail: `the node does not tell its ${field}` };
      if (answer.ok || !('problem' in answer)) return passed;
      const path = `status.nodeInfo.${field}`;
      return verdictOf([
        {
          message: `Node "${node.metadata.name}" ${answer.problem}.`,
          paths: [
            { type: 'failed', path },
            { type: 'review', path },
          ],
          found: text,
          wanted: answer.wanted,
        },
      ]);
    },
  };
}

function nodeInfoOf(node: KubeObject): UnknownRecord {
  return recordAt(recordAt(node, 'status'), 'nodeInfo');
}
