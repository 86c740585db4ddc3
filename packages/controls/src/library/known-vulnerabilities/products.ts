import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { containerRule, describeContainer } from '../../rules.ts';
import { imageReference } from '../supply-chain/image.ts';
import { compareVersions, parseVersion } from './version.ts';

type Version = readonly number[];
/** From the first version on, up to the one with the fix. */
type Range = readonly [from: Version, fixed: Version];

interface Vulnerability {
  readonly id: string;
  readonly rule: string;
  readonly cve: string;
  readonly product: string;
  /** Ends of the repository names under which the product is published. */
  readonly repositories: readonly string[];
  readonly affected: readonly Range[];
}

const vulnerabilities: readonly Vulnerability[] = [
  {
    id: 'C-0081',
    rule: 'CVE-2022-24348',
    cve: 'CVE-2022-24348',
    product: 'Argo CD',
    repositories: ['argoproj/argocd', 'argo-cd', 'argocd'],
    affected: [
      [[0], [2, 1, 9]],
      [
        [2, 2],
        [2, 2, 4],
      ],
    ],
  },
  {
    id: 'C-0090',
    rule: 'CVE-2022-39328',
    cve: 'CVE-2022-39328',
    product: 'Grafana',
    repositories: ['grafana/grafana', 'grafana/grafana-oss', 'grafana/grafana-enterprise', 'bitnami/grafana'],
    affected: [
      [
        [9, 2],
        [9, 2, 4],
      ],
    ],
  },
  {
    id: 'C-0091',
    rule: 'CVE-2022-47633',
    cve: 'CVE-2022-47633',
    product: 'Kyverno',
    repositories: ['kyverno/kyverno', 'bitnami/kyverno'],
    affected: [
      [
        [1, 8, 3],
        [1, 8, 5],
      ],
    ],
  },
];

/** Deployments of products in versions with a known hole. A tag that is no version tells nothing, and digests hide it. */
export const productControls: readonly Control[] = vulnerabilities.map(
  ({ id, rule, cve, product, repositories, affected }) => ({
    id,
    rules: [
      containerRule({
        name: rule,
        kinds: [kinds.deployment],
        check: (container) => {
          const reference = imageReference(container.image);
          const version = parseVersion(reference?.tag ?? '');
          const isProduct = repositories.some((name) => `/${reference?.repository}`.endsWith(`/${name}`));
          if (!isProduct || version === undefined || !affected.some((range) => isWithin(version, range))) return [];
          const path = `${container.path}.image`;
          return [
            {
              message: `The ${describeContainer(container)} runs a version of ${product} with ${cve}.`,
              paths: [
                { type: 'failed', path },
                { type: 'fix', path, value: 'YOUR_VALUE' },
              ],
              found: container.image,
              wanted: `${product} ${affected.map(([, fixed]) => fixed.join('.')).join(' or ')} or later`,
            },
          ];
        },
      }),
    ],
  }),
);

function isWithin(version: Version, [from, fixed]: Range): boolean {
  return compareVersions(version, from) >= 0 && compareVersions(version, fixed) < 0;
}
