import type { MissingSource } from '@kso/controls';
import { kindsOf } from './match.ts';
import type { RegoRule } from './port.ts';

const cloudKinds: ReadonlySet<string> = new Set([
  'ClusterDescribe',
  'DescribeRepositories',
  'ListEntitiesForPolicies',
  'PolicyVersion',
]);

/** Where the data of rules comes from that are about something else than objects of the API (scanner.md 16, 17). */
export function missingSourceOf(rules: readonly Pick<RegoRule, 'dynamicMatch'>[]): MissingSource | undefined {
  for (const { group, kind } of rules.flatMap(({ dynamicMatch }) => kindsOf(dynamicMatch))) {
    if (group === 'hostdata.kubescape.cloud') return 'host data';
    if (group === 'apiserverinfo.kubescape.cloud') return 'the version of the API server';
    if (kind === 'ImageVulnerabilities') return 'results of image scans';
    if (cloudKinds.has(kind)) return 'a cloud description';
  }
  return undefined;
}
