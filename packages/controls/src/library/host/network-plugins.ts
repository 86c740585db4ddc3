import type { Verdict } from '@kso/wire';
import { type Control, type ObjectRule, verdictOf } from '../../control.ts';
import { stringsAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { hostDataOf } from './file.ts';

type Judge = (names: ReadonlySet<string>) => boolean;

/** The network plugins of a node enforce network policies: neither Flannel nor the VPC plugin of AWS does so alone. */
export const policiesSupported: Control = {
  id: 'C-0205',
  rules: [
    pluginRule('ensure-that-the-cni-in-use-supports-network-policies', (names) => {
      if (names.has('calico') || names.has('cilium')) return true;
      return !names.has('flannel') && ![...names].every((name) => name === 'aws');
    }),
  ],
};

/** On EKS: Calico or Cilium enforce network policies. */
export const policiesEnabledEks: Control = {
  id: 'C-0230',
  rules: [pluginRule('ensure-network-policy-is-enabled-eks', (names) => names.has('calico') || names.has('cilium'))],
};

/** A node that does not tell its plugins is not evaluated. */
function pluginRule(name: string, isEnough: Judge): ObjectRule {
  return {
    target: 'object',
    name,
    kinds: [kinds.cniInfo],
    related: [],
    inputs: [],
    check: (object): Verdict => {
      const { data, at } = hostDataOf(object);
      const written = stringsAt(data, 'CNINames');
      if (written.length === 0)
        return {
          status: 'notEvaluated',
          reason: 'integration',
          detail: `node "${object.metadata.name}" does not tell its network plugins`,
        };
      if (isEnough(new Set(written.map((plugin) => plugin.toLowerCase())))) return verdictOf([]);
      return verdictOf([
        {
          message: `The network plugins of node "${object.metadata.name}" do not enforce network policies.`,
          paths: [
            { type: 'failed', path: `${at}.CNINames` },
            { type: 'review', path: `${at}.CNINames` },
          ],
          found: written.join(', '),
          wanted: 'Calico, Cilium or another plugin that enforces them',
        },
      ]);
    },
  };
}
