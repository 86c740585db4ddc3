import type { Finding, GroupKind, Verdict } from '@kso/wire';
import { type RuleContext, untold, verdictOf, type WorkloadRule } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import type { Container, Workload } from '../../objects/workload.ts';
import { parseVersion } from './version.ts';

interface VersionRuleOptions {
  readonly name: string;
  readonly related?: readonly GroupKind[];
  /** The tag of an image of the product, empty if it has none; undefined for images of others. */
  productTag(image: string): string | undefined;
  check(
    container: Container,
    version: readonly number[],
    context: RuleContext,
    workload: Workload,
  ): readonly Omit<Finding, 'container'>[];
}

/** A rule over Deployments of a product by its version. An image that does not tell its version is not evaluated. */
export function versionRule({ name, related = [], productTag, check }: VersionRuleOptions): WorkloadRule {
  return {
    target: 'workload',
    name,
    kinds: [kinds.deployment],
    related,
    inputs: [],
    check: (workload, context): Verdict => {
      const products = workload.containers.flatMap((container) => {
        const tag = productTag(container.image);
        return tag === undefined ? [] : [{ container, version: parseVersion(tag) }];
      });
      const findings = products.flatMap(({ container, version }) =>
        version === undefined
          ? []
          : check(container, version, context, workload).map(
              (finding): Finding => ({ ...finding, container: { name: container.name, list: container.list } }),
            ),
      );
      const unknown = products.filter(({ version }) => version === undefined);
      if (findings.length > 0 || unknown.length === 0) return verdictOf(findings);
      return untold(`images do not tell their version: ${unknown.map(({ container }) => container.image).join(', ')}`);
    },
  };
}
