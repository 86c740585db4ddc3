import type { UnknownRecord } from '@kso/domain';
import type { Finding, FindingPath, GroupKind, KubeObject } from '@kso/wire';
import type { Control } from '../../control.ts';
import { recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { effectiveNamespace, kinds, podMakingKinds } from '../../objects/kinds.ts';
import { podSelectorOf } from '../../objects/network-policy.ts';
import { parseServiceSelector } from '../../objects/selector.ts';
import { objectRule } from '../../rules.ts';

/** A Service selects something. */
export const serviceWithoutWorkload: Control = {
  id: 'C-0293',
  rules: [
    objectRule({
      name: 'service-with-no-workload',
      kinds: [kinds.service],
      related: podMakingKinds,
      check: (service, { related }) => {
        const spec = recordAt(service, 'spec');
        const selector = parseServiceSelector(spec);
        if (selector === undefined || stringAt(spec, 'type') === 'ExternalName') return [];
        if (related.hasWorkload(effectiveNamespace(service), selector)) return [];
        return [
          dangling(
            service,
            'selects no workload',
            'spec.selector',
            pairs(selector.labels),
            'a selector that matches the labels of pods',
          ),
        ];
      },
    }),
  ],
};

/** A NetworkPolicy selects something. An empty selector means all pods, also those to come. */
export const policyWithoutWorkload: Control = {
  id: 'C-0299',
  rules: [
    objectRule({
      name: 'dangling-networkpolicy',
      kinds: [kinds.networkPolicy],
      related: podMakingKinds,
      check: (policy, { related }) => {
        const selector = podSelectorOf(policy);
        if (selector.labels.length === 0 && selector.requirements.length === 0) return [];
        if (related.hasWorkload(effectiveNamespace(policy), selector)) return [];
        return [
          dangling(
            policy,
            'selects no workload',
            'spec.podSelector',
            pairs(selector.labels),
            'a selector that matches the labels of pods',
          ),
        ];
      },
    }),
  ],
};

const scalable: ReadonlyMap<string, GroupKind> = new Map([
  ['Deployment', kinds.deployment],
  ['ReplicaSet', kinds.replicaSet],
  ['StatefulSet', kinds.statefulSet],
  ['ReplicationController', kinds.replicationController],
]);

/** An autoscaler scales something. Kinds of others may be scaled as well, and are not known here. */
export const autoscalerWithoutTarget: Control = {
  id: 'C-0300',
  rules: [
    objectRule({
      name: 'hpa-has-target',
      kinds: [kinds.horizontalPodAutoscaler],
      related: [...scalable.values()],
      check: (autoscaler, { related }) => {
        const target = recordAt(recordAt(autoscaler, 'spec'), 'scaleTargetRef');
        const kind = stringAt(target, 'kind') ?? '';
        const name = stringAt(target, 'name') ?? '';
        const known = scalable.get(kind);
        const group = (stringAt(target, 'apiVersion') ?? '').split('/').slice(0, -1).join('/');
        if (known === undefined || (group !== '' && group !== known.group)) return [];
        if (related.named(known, effectiveNamespace(autoscaler), name).length > 0) return [];
        return [
          dangling(
            autoscaler,
            `scales ${kind} "${name}", which does not exist`,
            'spec.scaleTargetRef',
            `${kind}/${name}`,
            'a workload that exists',
          ),
        ];
      },
    }),
  ],
};

/** An Ingress leads to Services that exist. */
export const ingressWithoutService: Control = {
  id: 'C-0298',
  rules: [
    objectRule({
      name: 'dangling-ingress-backend',
      kinds: [kinds.ingress],
      related: [kinds.service],
      check: (ingress, { related }) =>
        ingressBackends(ingress)
          .filter(({ name }) => related.named(kinds.service, effectiveNamespace(ingress), name).length === 0)
          .map(({ name, path }) =>
            dangling(ingress, `leads to Service "${name}", which does not exist`, path, name, 'a Service that exists'),
          ),
    }),
  ],
};

/** A route of the Gateway API leads to Services that exist. */
export const routeWithoutService: Control = {
  id: 'C-0302',
  rules: [
    objectRule({
      name: 'dangling-gateway-backend',
      kinds: [kinds.httpRoute, kinds.tcpRoute, kinds.udpRoute],
      related: [kinds.service],
      check: (route, { related }) =>
        recordsAt(recordAt(route, 'spec'), 'rules').flatMap(({ index, value: rule }) =>
          recordsAt(rule, 'backendRefs').flatMap(({ index: position, value: reference }): Finding[] => {
            const name = stringAt(reference, 'name') ?? '';
            const namespace = stringAt(reference, 'namespace') ?? effectiveNamespace(route);
            if (!isServiceReference(reference) || related.named(kinds.service, namespace, name).length > 0) return [];
            const path = `spec.rules[${index}].backendRefs[${position}].name`;
            return [
              dangling(
                route,
                `leads to Service "${name}" of namespace "${namespace}", which does not exist`,
                path,
                name,
                'a Service that exists',
              ),
            ];
          }),
        ),
    }),
  ],
};

function isServiceReference(reference: UnknownRecord): boolean {
  return (stringAt(reference, 'group') ?? '') === '' && (stringAt(reference, 'kind') ?? 'Service') === 'Service';
}

function ingressBackends(ingress: KubeObject): { readonly name: string; readonly path: string }[] {
  const spec = recordAt(ingress, 'spec');
  const ruled = recordsAt(spec, 'rules').flatMap(({ index, value: rule }) =>
    recordsAt(recordAt(rule, 'http'), 'paths').flatMap(({ index: position, value }) =>
      backend(recordAt(value, 'backend'), `spec.rules[${index}].http.paths[${position}].backend`),
    ),
  );
  return [
    ...backend(recordAt(spec, 'defaultBackend'), 'spec.defaultBackend'),
    ...backend(recordAt(spec, 'backend'), 'spec.backend'),
    ...ruled,
  ];
}

/** In the present form and in the older one. */
function backend(written: UnknownRecord, path: string): { readonly name: string; readonly path: string }[] {
  const present = stringAt(recordAt(written, 'service'), 'name');
  if (present !== undefined) return [{ name: present, path: `${path}.service.name` }];
  const older = stringAt(written, 'serviceName');
  return older === undefined ? [] : [{ name: older, path: `${path}.serviceName` }];
}

function dangling(
  { kind, metadata }: KubeObject,
  problem: string,
  path: string,
  found: string,
  wanted: string,
): Finding {
  const paths: FindingPath[] = [
    { type: 'failed', path },
    { type: 'review', path },
  ];
  return { message: `${kind} "${metadata.name}" ${problem}.`, paths, found, wanted };
}

function pairs(labels: readonly (readonly [string, string])[]): string {
  return labels.length === 0 ? 'expressions' : labels.map(([key, value]) => `${key}=${value}`).join(', ');
}
