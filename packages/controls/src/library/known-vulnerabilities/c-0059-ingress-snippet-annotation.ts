import type { Finding } from '@kso/wire';
import type { Control } from '../../control.ts';
import { recordAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { describeContainer } from '../../rules.ts';
import { ingressNginxTag } from './ingress-nginx.ts';
import { compareVersions } from './version.ts';
import { versionRule } from './version-rule.ts';

/** ingress-nginx up to 0.49.0 and 1.0.0 hands the cluster's secrets to whoever may write an Ingress, unless snippets are switched off. */
export const ingressSnippetAnnotation: Control = {
  id: 'C-0059',
  rules: [
    {
      ...versionRule({
        name: 'nginx-ingress-snippet-annotation-vulnerability',
        related: [kinds.configMap],
        productTag: ingressNginxTag,
        check: (container, version, { related }, { namespace }) => {
          if (!isAffected(version)) return [];
          const switchedOff = related
            .inNamespace(kinds.configMap, namespace)
            .some((map) => stringAt(recordAt(map, 'data'), 'allow-snippet-annotations') === 'false');
          if (switchedOff) return [];
          const path = `${container.path}.image`;
          const finding: Omit<Finding, 'container'> = {
            message: `The ${describeContainer(container)} is an ingress-nginx with CVE-2021-25742, and snippet annotations are allowed.`,
            paths: [
              { type: 'failed', path },
              { type: 'review', path },
            ],
            found: container.image,
            wanted: 'a newer controller, or allow-snippet-annotations: "false" in its ConfigMap',
          };
          return [finding];
        },
      }),
      applies: ({ containers }) => containers.some(({ image }) => ingressNginxTag(image) !== undefined),
    },
  ],
};

function isAffected(version: readonly number[]): boolean {
  return compareVersions(version, [0, 49, 0]) <= 0 || compareVersions(version, [1, 0, 0]) === 0;
}
