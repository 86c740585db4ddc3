import { podSpec } from './pod-shape.ts';
import { each, fields, list, type Shape } from './shape.ts';

const metadata = fields(each('textMap', 'labels', 'annotations'));
const selector = fields({
  matchLabels: 'textMap',
  matchExpressions: list(fields({ ...each('text', 'key', 'operator'), values: 'texts' })),
});
const podTemplate = fields({ metadata, spec: podSpec });

function workload(more: Readonly<Record<string, Shape>> = {}): Shape {
  return fields({ metadata, spec: fields({ template: podTemplate, selector, replicas: 'number', ...more }) });
}

const role = fields({
  rules: list(fields(each('texts', 'verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'))),
});
const binding = fields({
  roleRef: fields(each('text', 'kind', 'name', 'apiGroup')),
  subjects: list(fields(each('text', 'kind', 'name', 'namespace', 'apiGroup'))),
});

const peers = list(
  fields({
    ...each(selector, 'podSelector', 'namespaceSelector'),
    ipBlock: fields({ cidr: 'text', except: 'texts' }),
  }),
);
const backend = fields({ service: fields({ name: 'text' }), serviceName: 'text' });
const backendRefs = list(fields(each('text', 'group', 'kind', 'name', 'namespace')));
const route = fields({ spec: fields({ rules: list(fields({ backendRefs })) }) });
const webhookRule = fields({ scope: 'text', ...each('texts', 'apiGroups', 'resources') });
const webhooks = fields({ webhooks: list(fields({ rules: list(webhookRule) })) });
const ciliumRule = fields({
  endpointSelector: selector,
  ...each(list(fields()), 'ingress', 'egress', 'ingressDeny', 'egressDeny'),
});
const ciliumPolicy = fields({ spec: ciliumRule, specs: list(ciliumRule) });
const virtualRoutes = list(fields({ route: list(fields({ destination: fields({ host: 'text' }) })) }));

/** By group and kind, as `kindName` writes them. */
export const shapes: Readonly<Record<string, Shape>> = {
  Pod: fields({ metadata, spec: podSpec }),
  ReplicationController: fields({ spec: fields({ template: podTemplate }) }),
  'apps/Deployment': workload({ strategy: fields({ type: 'text' }) }),
  'apps/ReplicaSet': workload(),
  'apps/DaemonSet': workload({ updateStrategy: fields({ type: 'text' }) }),
  'apps/StatefulSet': workload({ updateStrategy: fields({ type: 'text' }) }),
  'batch/Job': workload(),
  'batch/CronJob': fields({ metadata, spec: fields({ jobTemplate: workload() }) }),
  'rbac.authorization.k8s.io/Role': role,
  'rbac.authorization.k8s.io/ClusterRole': role,
  'rbac.authorization.k8s.io/RoleBinding': binding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': binding,
  ServiceAccount: fields({ automountServiceAccountToken: 'boolean' }),
  Namespace: fields({ metadata }),
  Service: fields({
    metadata,
    spec: fields({
      type: 'text',
      selector: 'textMap',
      externalIPs: 'texts',
      ports: list(fields({ port: 'number', targetPort: 'scalar', name: 'text', protocol: 'text' })),
    }),
  }),
  ConfigMap: fields({ data: 'textMap' }),
  Node: fields({ metadata, status: fields({ nodeInfo: 'textMap' }) }),
  PersistentVolume: fields({ spec: fields({ storageClassName: 'text', csi: fields({ driver: 'text' }) }) }),
  'storage.k8s.io/StorageClass': fields({ provisioner: 'text', parameters: 'textMap' }),
  'networking.k8s.io/NetworkPolicy': fields({
    spec: fields({
      podSelector: selector,
      policyTypes: 'texts',
      ingress: list(fields({ from: peers })),
      egress: list(fields({ to: peers })),
    }),
  }),
  'networking.k8s.io/Ingress': fields({
    metadata,
    spec: fields({
      ...each(backend, 'defaultBackend', 'backend'),
      tls: list(fields({ hosts: 'texts', secretName: 'text' })),
      rules: list(fields({ http: fields({ paths: list(fields({ backend })) }) })),
    }),
  }),
  'gateway.networking.k8s.io/HTTPRoute': route,
  'gateway.networking.k8s.io/TCPRoute': route,
  'gateway.networking.k8s.io/UDPRoute': route,
  'networking.istio.io/VirtualService': fields({
    spec: fields({ gateways: 'texts', ...each(virtualRoutes, 'http', 'tcp', 'tls') }),
  }),
  'networking.istio.io/Gateway': fields({ spec: fields({ servers: list(fields()), selector: 'textMap' }) }),
  'cilium.io/CiliumNetworkPolicy': ciliumPolicy,
  'cilium.io/CiliumClusterwideNetworkPolicy': ciliumPolicy,
  'autoscaling/HorizontalPodAutoscaler': fields({
    spec: fields({ scaleTargetRef: fields(each('text', 'apiVersion', 'kind', 'name')) }),
  }),
  'apiregistration.k8s.io/APIService': fields({ spec: fields({ service: fields(each('text', 'name', 'namespace')) }) }),
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': webhooks,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': webhooks,
  'policy/PodSecurityPolicy': fields({
    spec: fields({
      ...each('boolean', 'privileged', 'allowPrivilegeEscalation', 'hostNetwork', 'hostPID', 'hostIPC'),
      ...each('texts', 'allowedCapabilities', 'requiredDropCapabilities'),
      runAsUser: fields({ rule: 'text', ranges: list(fields({ min: 'number', max: 'number' })) }),
    }),
  }),
  'extensions.agents.x-k8s.io/SandboxTemplate': fields({ spec: fields({ podTemplate }) }),
};
