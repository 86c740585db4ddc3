import type { Finding } from '@kso/wire';
import type { WorkloadRule } from '../../control.ts';
import { booleanAt } from '../../objects/json.ts';
import { workloadRule } from '../../rules.ts';

type HostField = 'hostPID' | 'hostIPC' | 'hostNetwork';

/** A rule that none of these host namespaces may be shared with the pods. */
export function noHostNamespace(name: string, fields: Readonly<Partial<Record<HostField, string>>>): WorkloadRule {
  return workloadRule({
    name,
    check: ({ podSpec, podPath, kind, name: workload }) =>
      Object.entries(fields)
        .filter(([field]) => booleanAt(podSpec, field) === true)
        .map(([field, namespace]): Finding => {
          const path = `${podPath}.${field}`;
          return {
            message: `The pods of ${kind} "${workload}" share the ${namespace} of their node.`,
            paths: [
              { type: 'failed', path },
              { type: 'delete', path },
            ],
            found: `${field}: true`,
            wanted: `${field}: false or unset`,
          };
        }),
  });
}
