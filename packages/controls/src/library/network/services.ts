import type { UnknownRecord } from '@kso/domain';
import type { Finding, FindingPath, KubeObject, Verdict } from '@kso/wire';
import { type Control, verdictOf } from '../../control.ts';
import { has, listAt, recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { kinds, workloadKinds } from '../../objects/kinds.ts';
import type { Workload } from '../../objects/workload.ts';
import { objectRule, workloadRule } from '../../rules.ts';

const sshPorts = new Set(['22', '2222']);

/** Workloads that are known for interfaces without login are not published. */
export const sensitiveInterfaces: Control = {
  id: 'C-0021',
  rules: [
    workloadRule({
      name: 'exposed-sensitive-interfaces-v1',
      related: [kinds.service],
      inputs: ['sensitiveInterfaces'],
      check: ({ kind, name, namespace, podLabels }, { related, inputs, id }) => {
        const known = inputs.sensitiveInterfaces.find((part) => part !== '' && name.includes(part));
        if (known === undefined) return [];
        return related
          .selecting(kinds.service, namespace, podLabels)
          .filter(isOpen)
          .map((service) => ({
            message: `${kind} "${name}" (${known}) can be reached from outside of the cluster through Service "${service.metadata.name}".`,
            paths: reviewed(['spec.type'], id(service)),
            found: `Service of type ${stringAt(recordAt(service, 'spec'), 'type')}`,
            wanted: 'a Service of type ClusterIP',
            relatedIds: [id(service)],
          }));
      },
    }),
  ],
};

/** No Service leads to the SSH port of a workload. */
export const sshServer: Control = {
  id: 'C-0042',
  rules: [
    workloadRule({
      name: 'rule-can-ssh-to-pod-v1',
      related: [kinds.service],
      check: ({ kind, name, namespace, podLabels }, { related, id }) =>
        related.selecting(kinds.service, namespace, podLabels).flatMap((service): Finding[] => {
          const ports = recordsAt(recordAt(service, 'spec'), 'ports').flatMap(({ index, value }) =>
            (['port', 'targetPort'] as const)
              .filter((field) => sshPorts.has(String(value[field])))
              .map((field) => ({ path: `spec.ports[${index}].${field}`, port: String(value[field]) })),
          );
          if (ports.length === 0) return [];
          return [
            {
              message: `Service "${service.metadata.name}" leads to the SSH port of ${kind} "${name}".`,
              paths: reviewed(
                ports.map(({ path }) => path),
                id(service),
              ),
              found: `port ${[...new Set(ports.map(({ port }) => port))].join(', ')}`,
              wanted: 'no SSH server in containers',
              relatedIds: [id(service)],
            },
          ];
        }),
    }),
  ],
};

const sslCertificate = 'service.beta.kubernetes.io/aws-load-balancer-ssl-cert';

/** Load balancers of AWS serve port 443 with a certificate. */
export const awsLoadBalancerTls: Control = {
  id: 'C-0231',
  rules: [
    objectRule({
      name: 'ensure-https-loadbalancers-encrypted-with-tls-aws',
      kinds: [kinds.service],
      check: (service) => {
        const spec = recordAt(service, 'spec');
        const serves443 = recordsAt(spec, 'ports').some(({ value }) => Number(value['port']) === 443);
        const certificate = annotationsOf(service)[sslCertificate];
        if (stringAt(spec, 'type') !== 'LoadBalancer' || !serves443 || certificate) return [];
        return [
          {
            message: `The load balancer of Service "${service.metadata.name}" serves port 443 without a certificate.`,
            paths: [{ type: 'fix', path: `metadata.annotations[${sslCertificate}]`, value: 'YOUR_VALUE' }],
            wanted: `the annotation ${sslCertificate}`,
          },
        ];
      },
    }),
  ],
};

const internalBalancer = 'service.beta.kubernetes.io/azure-load-balancer-internal';

/** Load balancers of Azure are internal, and the Ingresses behind them serve TLS. */
export const azureLoadBalancerTls: Control = {
  id: 'C-0245',
  rules: [
    objectRule({
      name: 'encrypt-traffic-to-https-load-balancers-with-tls-certificates',
      kinds: [kinds.service, kinds.ingress],
      check: (object) => {
        const { kind, metadata } = object;
        if (kind === 'Ingress') return withoutTls(object);
        const isBalancer = stringAt(recordAt(object, 'spec'), 'type') === 'LoadBalancer';
        if (!isBalancer || annotationsOf(object)[internalBalancer] === 'true') return [];
        return [
          {
            message: `The load balancer of Service "${metadata.name}" is public.`,
            paths: [{ type: 'fix', path: `metadata.annotations[${internalBalancer}]`, value: 'true' }],
            found: 'a public load balancer',
            wanted: `${internalBalancer}: true`,
          },
        ];
      },
    }),
  ],
};

/** Ingresses serve TLS. */
export const ingressTls: Control = {
  id: 'C-0263',
  rules: [objectRule({ name: 'ingress-no-tls', kinds: [kinds.ingress], check: withoutTls })],
};

/**
 * Services answer only those who log in, as far as the service discovery of the operator found out. A Service that it has not looked at,
 * or of which it does not know, is no pass.
 */
export const authenticatedService: Control = {
  id: 'C-0274',
  rules: [
    {
      target: 'workload',
      name: 'unauthenticated-service',
      kinds: workloadKinds,
      related: [kinds.service, kinds.serviceScanResult],
      inputs: [],
      check: (workload, { related, id }): Verdict => {
        const services = related.selecting(kinds.service, workload.namespace, workload.podLabels);
        const looked = services.map((service) => ({
          service,
          results: related.named(kinds.serviceScanResult, workload.namespace, service.metadata.name),
        }));
        const findings = looked.flatMap(({ service, results }) =>
          results.flatMap((result) => openPorts(workload, { service, result, id })),
        );
        const unknown = looked.filter(({ results }) => !results.some(knowsEveryPort));
        if (findings.length > 0 || unknown.length === 0) return verdictOf(findings);
        const names = unknown.map(({ service }) => service.metadata.name).join(', ');
        const detail = `nobody has looked whether Service ${names} asks for a login`;
        return { status: 'notEvaluated', reason: 'integration', detail };
      },
    },
  ],
};

function openPorts(
  { kind, name }: Workload,
  at: { readonly service: KubeObject; readonly result: KubeObject; id(object: KubeObject): string },
): Finding[] {
  const { service, result, id } = at;
  return portsOf(result)
    .filter(({ value }) => value['authenticated'] === false)
    .map(({ index, value }) => ({
      message: `${kind} "${name}" answers without a login on port ${portOf(value)} of Service "${service.metadata.name}".`,
      paths: reviewed([`spec.ports[${index}].authenticated`], id(result)),
      found: 'authenticated: false',
      wanted: 'a login',
      relatedIds: [id(service), id(result)],
    }));
}

function portsOf(result: KubeObject) {
  return recordsAt(recordAt(result, 'spec'), 'ports');
}

function knowsEveryPort(result: KubeObject): boolean {
  const ports = listAt(recordAt(result, 'spec'), 'ports');
  const known = portsOf(result).filter(({ value }) => typeof value['authenticated'] === 'boolean');
  return ports.length > 0 && known.length === ports.length;
}

function portOf(port: UnknownRecord): string {
  return typeof port['port'] === 'number' ? String(port['port']) : 'unknown';
}

function withoutTls(ingress: KubeObject): Finding[] {
  const tls = recordsAt(recordAt(ingress, 'spec'), 'tls');
  if (tls.length > 0) return [];
  return [
    {
      message: `Ingress "${ingress.metadata.name}" serves without TLS.`,
      paths: [{ type: 'fix', path: 'spec.tls', value: 'YOUR_VALUE' }],
      ...(has(recordAt(ingress, 'spec'), 'tls') ? { found: 'no entry in spec.tls' } : {}),
      wanted: 'spec.tls with a certificate',
    },
  ];
}

/** Reachable from outside: a NodePort, or a load balancer. */
function isOpen(service: KubeObject): boolean {
  const type = stringAt(recordAt(service, 'spec'), 'type');
  return type === 'NodePort' || type === 'LoadBalancer';
}

function annotationsOf({ metadata }: KubeObject): Readonly<Record<string, string>> {
  return metadata.annotations ?? {};
}

function reviewed(paths: readonly string[], resourceId: string): FindingPath[] {
  return paths.flatMap((path): FindingPath[] => [
    { type: 'failed', path, resourceId },
    { type: 'review', path, resourceId },
  ]);
}
