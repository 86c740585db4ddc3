import { defaultRoles } from '@kso/controls';
import { until } from '@kso/testkit';
import { type ControlPlane, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const skipped = missingPrograms('etcd', 'kube-apiserver');

describe.skipIf(skipped)('the roles that manifests may bind without bringing them', { timeout: 120_000 }, () => {
  let cluster: ControlPlane;

  beforeAll(async () => {
    cluster = await startControlPlane();
  }, 120_000);
  afterAll(() => cluster?.stop());

  it.each(defaultRoles.map((role) => [role.metadata.name, role] as const))(
    '%s is what kube-apiserver makes',
    async (_, role) => {
      const { client } = cluster;
      const made = await until(role.metadata.name, () => client.get(role));
      expect(rightsOf(made)).toEqual(rightsOf(role));
    },
  );
});

/** What counts: its rules, in whatever order their fields stand, and what it is part of or made from. */
function rightsOf({ metadata, rules, aggregationRule }: KubeObject): unknown {
  const aggregated = Object.entries(metadata.labels ?? {}).filter(([label]) => label.includes('/aggregate-to-'));
  return { rules: rules ?? [], aggregationRule, aggregated };
}
