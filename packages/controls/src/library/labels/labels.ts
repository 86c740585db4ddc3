import type { Finding } from '@kso/wire';
import type { ControlInputName } from '../../catalogue/inputs.ts';
import type { Control } from '../../control.ts';
import { stringMapAt } from '../../objects/json.ts';
import type { Labels } from '../../objects/selector.ts';
import { workloadRule } from '../../rules.ts';

/** Workloads and their pods carry labels of the organisation. */
export const recommendedLabels: Control = labelled('C-0076', 'label-usage-for-resources', 'recommendedLabels');

/** Workloads and their pods carry the common labels of Kubernetes. */
export const commonLabels: Control = labelled('C-0077', 'k8s-common-labels-usage', 'k8sRecommendedLabels');

function labelled(
  id: string,
  name: string,
  input: ControlInputName & ('recommendedLabels' | 'k8sRecommendedLabels'),
): Control {
  return {
    id,
    rules: [
      workloadRule({
        name,
        inputs: [input],
        check: ({ kind, name: workload, object, podLabels, podPath }, { inputs }) => {
          const wanted = inputs[input];
          const lacks = (labels: Labels): boolean => !wanted.some((label) => Object.hasOwn(labels, label));
          const finding = (whose: string, path: string, labels: Labels): Finding => ({
            message: `${whose} of ${kind} "${workload}" has none of the labels ${wanted.join(', ')}.`,
            paths: [{ type: 'fix', path: `${path}.labels`, value: `${wanted[0]}: YOUR_VALUE` }],
            ...(Object.keys(labels).length === 0 ? {} : { found: Object.keys(labels).join(', ') }),
            wanted: `one of ${wanted.join(', ')}`,
          });
          const own = stringMapAt(object.metadata, 'labels');
          const ofPods =
            podPath === 'spec'
              ? []
              : lacks(podLabels)
                ? [finding('The pod template', templatePath(podPath), podLabels)]
                : [];
          return [...(lacks(own) ? [finding('The metadata', 'metadata', own)] : []), ...ofPods];
        },
      }),
    ],
  };
}

function templatePath(podPath: string): string {
  return `${podPath.slice(0, podPath.lastIndexOf('.'))}.metadata`;
}
