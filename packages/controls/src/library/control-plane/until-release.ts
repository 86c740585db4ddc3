import type { Verdict } from '@kso/wire';
import { passed, type RuleContext, untold, type WorkloadRule } from '../../control.ts';
import { recordAt, stringAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import type { Workload } from '../../objects/workload.ts';
import { compareVersions, parseVersion } from '../known-vulnerabilities/version.ts';
import { imageReference } from '../supply-chain/image.ts';
import { componentOf } from './component.ts';

interface Removal {
  /** The first release of Kubernetes that does not have it any more. */
  readonly release: readonly number[];
  readonly why: string;
}

/** A rule about something that Kubernetes no longer has: nobody can be asked for it then, and where the release is not known neither. */
export function untilRelease(rule: WorkloadRule, { release, why }: Removal): WorkloadRule {
  return {
    ...rule,
    related: [kinds.apiServerInfo],
    check: (workload, context): Verdict | undefined => {
      const version = serverVersion(workload, context);
      if (version !== undefined && compareVersions(version, release) >= 0) return { status: 'passed', irrelevant: why };
      const verdict = rule.check(workload, context);
      if (verdict === passed || version !== undefined) return verdict;
      return untold(`the version of the API server is not known, and ${why}`);
    },
  };
}

/** What the API server said of itself, else the tag of its image. */
function serverVersion(workload: Workload, { related }: RuleContext): readonly number[] | undefined {
  const told = related.all(kinds.apiServerInfo).map((info) => stringAt(recordAt(info, 'data'), 'gitVersion') ?? '');
  const tag = imageReference(componentOf(workload)?.container.image ?? '')?.tag ?? '';
  return [...told, tag].map(parseVersion).find((version) => version !== undefined && version.length > 1);
}
