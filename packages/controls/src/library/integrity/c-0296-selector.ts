import type { UnknownRecord } from '@kso/domain';
import type { Control } from '../../control.ts';
import { has, recordAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { type LabelSelector, parseSelector, parseServiceSelector, selectorMatches } from '../../objects/selector.ts';
import type { Workload } from '../../objects/workload.ts';
import { workloadRule } from '../../rules.ts';

/** The selector of a workload matches its own pods. */
export const matchingSelector: Control = {
  id: 'C-0296',
  rules: [
    workloadRule({
      name: 'mismatching-selector',
      kinds: [
        kinds.deployment,
        kinds.replicaSet,
        kinds.daemonSet,
        kinds.statefulSet,
        kinds.replicationController,
        kinds.job,
        kinds.cronJob,
      ],
      check: (workload) => {
        const written = selectorOf(workload);
        if (written === undefined || selectorMatches(written.selector, workload.podLabels)) return [];
        const { kind, name, podLabels } = workload;
        return [
          {
            message: `The selector of ${kind} "${name}" does not match the labels of its pods.`,
            paths: [
              { type: 'failed', path: written.path },
              { type: 'review', path: written.path },
            ],
            found: JSON.stringify(podLabels).slice(0, 200),
            wanted: JSON.stringify(Object.fromEntries(written.selector.labels)).slice(0, 200),
          },
        ];
      },
    }),
  ],
};

function selectorOf({ object, podPath }: Workload): { selector: LabelSelector; path: string } | undefined {
  const parent = podPath.replace(/\.template\.spec$/, '');
  const owner = parent.split('.').reduce<UnknownRecord>((at, field) => recordAt(at, field), object);
  if (!has(owner, 'selector')) return undefined;
  const selector =
    object.kind === 'ReplicationController' ? parseServiceSelector(owner) : parseSelector(owner['selector']);
  const nothing: LabelSelector = { labels: [], requirements: [] };
  return { selector: selector ?? nothing, path: `${parent}.selector` };
}
