import type { UnknownRecord } from '@kso/domain';
import type { Finding, GroupKind, KubeObject } from '@kso/wire';
import type { Control, RuleContext } from '../../control.ts';
import { has, listAt, recordAt, recordsAt, stringAt, stringsAt } from '../../objects/json.ts';
import { effectiveNamespace, kinds } from '../../objects/kinds.ts';
import type { Workload } from '../../objects/workload.ts';
import { workloadRule } from '../../rules.ts';

const routeKinds: readonly GroupKind[] = [kinds.httpRoute, kinds.tcpRoute, kinds.udpRoute];

/** A workload faces the outside when a route of the Gateway API, or one of an Istio gateway, leads to a Service that selects its pods. */
export const gatewayExposure: Control = {
  id: 'C-0266',
  rules: [
    workloadRule({
      name: 'exposure-to-internet-via-gateway-api',
      related: [kinds.service, ...routeKinds],
      check: (workload, context) =>
        servicesOf(workload, context).flatMap((service) =>
          routeKinds
            .flatMap((kind) => context.related.all(kind))
            .flatMap((route) => {
              const path = routePath(route, service);
              return path === undefined ? [] : [finding(workload, service, route, path, context)];
            }),
        ),
    }),
    workloadRule({
      name: 'exposure-to-internet-via-istio-ingress',
      related: [kinds.service, kinds.virtualService, kinds.istioGateway],
      check: (workload, context) =>
        servicesOf(workload, context).flatMap((service) =>
          context.related
            .all(kinds.virtualService)
            .filter((virtual) => usesGateway(virtual, context))
            .flatMap((virtual) => {
              const path = virtualPath(virtual, service);
              return path === undefined ? [] : [finding(workload, service, virtual, path, context)];
            }),
        ),
    }),
  ],
};

function servicesOf({ namespace, podLabels }: Workload, { related }: RuleContext): readonly KubeObject[] {
  return related.selecting(kinds.service, namespace, podLabels);
}

function routePath(route: KubeObject, service: KubeObject): string | undefined {
  for (const { index, value: rule } of recordsAt(recordAt(route, 'spec'), 'rules'))
    for (const { index: position, value } of recordsAt(rule, 'backendRefs')) {
      const namespace = stringAt(value, 'namespace') ?? effectiveNamespace(route);
      const isService = (stringAt(value, 'kind') ?? 'Service') === 'Service';
      if (isService && stringAt(value, 'name') === service.metadata.name && namespace === effectiveNamespace(service))
        return `spec.rules[${index}].backendRefs[${position}].name`;
    }
  return undefined;
}

function virtualPath(virtual: KubeObject, service: KubeObject): string | undefined {
  const spec = recordAt(virtual, 'spec');
  for (const protocol of ['http', 'tcp', 'tls'] as const)
    for (const { index, value } of recordsAt(spec, protocol))
      for (const { index: position, value: route } of recordsAt(value, 'route')) {
        const host = stringAt(recordAt(route, 'destination'), 'host') ?? '';
        if (namesService(host, virtual, service))
          return `spec.${protocol}[${index}].route[${position}].destination.host`;
      }
  return undefined;
}

/** A short name counts in the namespace of the VirtualService. */
function namesService(host: string, virtual: KubeObject, service: KubeObject): boolean {
  const [name, namespace = effectiveNamespace(virtual)] = host.split('.');
  return name === service.metadata.name && namespace === effectiveNamespace(service);
}

/** `mesh` is traffic within the cluster; a gateway has to exist, and to let in something. */
function usesGateway(virtual: KubeObject, { related }: RuleContext): boolean {
  return stringsAt(recordAt(virtual, 'spec'), 'gateways').some((reference) => {
    if (reference === 'mesh') return false;
    const [first = '', second] = reference.split('/');
    const name = second ?? first;
    const namespace = second === undefined ? effectiveNamespace(virtual) : first;
    return related.named(kinds.istioGateway, namespace, name).some(isPublic);
  });
}

function isPublic(gateway: KubeObject): boolean {
  const spec: UnknownRecord = recordAt(gateway, 'spec');
  return has(spec, 'servers') && listAt(spec, 'servers').length > 0;
}

function finding(
  workload: Workload,
  service: KubeObject,
  route: KubeObject,
  path: string,
  { id }: RuleContext,
): Finding {
  const way = `${route.kind} "${route.metadata.name}"`;
  return {
    message: `${workload.kind} "${workload.name}" can be reached from outside of the cluster through ${way}.`,
    paths: [
      { type: 'failed', path, resourceId: id(route) },
      { type: 'review', path, resourceId: id(route) },
    ],
    found: way,
    wanted: 'no way in from outside, or one that is meant and protected',
    relatedIds: [id(route), id(service)],
  };
}
