import type { Finding, FindingPath } from '@kso/wire';
import type { Control, RuleContext } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import type { Workload } from '../../objects/workload.ts';
import { workloadRule } from '../../rules.ts';
import { backendPaths, hasReachablePort, isPublished } from './exposure.ts';

/** A workload faces the outside when a published Service, or a Service behind an Ingress, selects its pods. One finding lists them all (B02). */
export const externalFacing: Control = {
  id: 'C-0256',
  rules: [
    workloadRule({
      name: 'exposure-to-internet',
      related: [kinds.service, kinds.ingress],
      check: (workload, context) => {
        const ways = waysIn(workload, context);
        if (ways.length === 0) return [];
        const { kind, name } = workload;
        return [
          {
            message: `${kind} "${name}" can be reached from outside of the cluster through ${ways.map((way) => way.name).join(', ')}.`,
            paths: ways.flatMap((way) => way.paths),
            found: ways.map((way) => way.name).join(', '),
            wanted: 'no way in from outside, or one that is meant and protected',
            relatedIds: [...new Set(ways.flatMap((way) => way.ids))],
          } satisfies Finding,
        ];
      },
    }),
  ],
};

interface WayIn {
  readonly name: string;
  readonly ids: readonly string[];
  readonly paths: readonly FindingPath[];
}

function waysIn(workload: Workload, { related, id }: RuleContext): WayIn[] {
  const { namespace, podLabels } = workload;
  const services = related.selecting(kinds.service, namespace, podLabels);
  const ingresses = services.length === 0 ? [] : related.inNamespace(kinds.ingress, namespace);
  return services.flatMap((service): WayIn[] => {
    const serviceName = service.metadata.name;
    if (isPublished(service)) {
      if (!hasReachablePort(service, workload)) return [];
      return [{ name: `Service "${serviceName}"`, ids: [id(service)], paths: reviewed(['spec.type'], id(service)) }];
    }
    return ingresses.flatMap((ingress) => {
      const paths = backendPaths(ingress, serviceName);
      if (paths.length === 0) return [];
      return [
        {
          name: `Ingress "${ingress.metadata.name}"`,
          ids: [id(ingress), id(service)],
          paths: reviewed(paths, id(ingress)),
        },
      ];
    });
  });
}

function reviewed(paths: readonly string[], resourceId: string): FindingPath[] {
  return paths.flatMap((path): FindingPath[] => [
    { type: 'failed', path, resourceId },
    { type: 'review', path, resourceId },
  ]);
}
