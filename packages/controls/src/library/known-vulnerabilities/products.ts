import type { Finding } from '@kso/wire';
import type { Control } from '../../control.ts';
import type { Container } from '../../objects/workload.ts';
import { describeContainer } from '../../rules.ts';
import { imageReference } from '../supply-chain/image.ts';
import { compareVersions } from './version.ts';
import { versionRule } from './version-rule.ts';

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

/** Deployments of products in versions with a known hole. A tag that is no version tells nothing, and digests alone hide it. */
export const productControls: readonly Control[] = vulnerabilities.map((vulnerability) => ({
  id: vulnerability.id,
  rules: [
    versionRule({
      name: vulnerability.rule,
      productTag: (image) => tagOf(vulnerability, image),
      check: (container, version) => findingsOn(vulnerability, container, version),
    }),
  ],
}));

function tagOf({ repositories }: Vulnerability, image: string): string | undefined {
  const reference = imageReference(image);
  const isProduct = repositories.some((name) => `/${reference?.repository}`.endsWith(`/${name}`));
  return isProduct ? (reference?.tag ?? '') : undefined;
}

function findingsOn(
  { product, cve, affected }: Vulnerability,
  container: Container,
  version: Version,
): Omit<Finding, 'container'>[] {
  if (!affected.some((range) => isWithin(version, range))) return [];
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
}

function isWithin(version: Version, [from, fixed]: Range): boolean {
  return compareVersions(version, from) >= 0 && compareVersions(version, fixed) < 0;
}
