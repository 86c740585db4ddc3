import type { KubeObject } from '@kso/wire';
import type { RelatedObjects } from '../../control.ts';
import { booleanAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import type { Workload } from '../../objects/workload.ts';

/** The ServiceAccount objects that a workload runs as; none when only the name is known. */
export function serviceAccountsOf(workload: Workload, related: RelatedObjects): readonly KubeObject[] {
  return related.named(kinds.serviceAccount, workload.namespace, workload.serviceAccountName);
}

/** True if the token is mounted: the pod says so, or leaves it open and the service account does not forbid it. */
export function mountsToken(workload: Workload, accounts: readonly KubeObject[]): boolean {
  if (workload.automountServiceAccountToken !== undefined) return workload.automountServiceAccountToken;
  return (
    accounts.length === 0 || accounts.some((account) => booleanAt(account, 'automountServiceAccountToken') !== false)
  );
}
