import { isBuilt } from '../built.ts';
import { alias, type Group, noted, optional, pending, refused, unread, value } from '../model.ts';
import * as t from '../types.ts';

const urls = {
  gatewayUrl: 'master gateway',
  eventReceiverHttpUrl: 'event receiver',
  k8sReportUrl: 'cluster reports',
  backendOpenAPI: 'API',
  ksCloudOtelCollector: 'telemetry',
};
const stages = ['dev', 'staging'] as const;
const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);

export const general: Group = {
  title: 'General',
  values: [
    value(
      'profile',
      t.oneOf('default', 'compact'),
      'default',
      'default: one Deployment for each service and Redis between them. compact: everything in one pod, for small clusters',
    ),
    value(
      'clusterName',
      { type: ['string', 'null'], maxLength: 253 },
      '',
      'Name of this cluster in results and reports; without server it may be left empty (cluster), with server it is needed',
    ),
    value(
      'nameOverride',
      t.label,
      '',
      'Instead of the name of the chart in the label app.kubernetes.io/name. It is part of every selector: a release keeps the one it was installed with',
    ),
    value('fullnameOverride', t.text, '', 'Instead of the name of the release in the names of cluster-scoped objects'),
    value(
      'ksNamespace',
      t.name,
      '',
      'Namespace of the release, for files that name it; another one than that of the release is refused',
    ),
    value('additionalLabels', t.stringMap, {}, 'Labels of all objects and pods (never selectors)'),
    value('additionalAnnotations', t.stringMap, {}, 'Annotations of all objects and pods'),
    value(
      'logger.level',
      t.oneOf('debug', 'info', 'warning', 'warn', 'error', 'fatal', 'trace', 'silent'),
      'info',
      'How much the services log',
    ),
    value(
      'logger.name',
      t.oneOf('zap', 'json', 'pretty'),
      'zap',
      'zap and json: lines of JSON. pretty: text for people',
    ),
    value('volumes', t.objects, [], 'More volumes of every pod'),
    value('volumeMounts', t.objects, [], 'More mounts of every main container'),
    value(
      'rbac.create',
      t.flag,
      true,
      'Create Roles, ClusterRoles and bindings. Off, grant those of make-secrets too, or name redis.auth.existingSecret and credentials.cloudSecret: nobody else writes the password of Redis and the key of the account',
    ),
    value('tests.enabled', t.flag, true, 'Render the pod of helm test'),
    pending(
      'cleanup.enabled',
      t.flag,
      'A Job before removal; nothing of this version is left behind that would need one',
      [true],
    ),
    value(
      'leaderElection.enabled',
      t.flag,
      true,
      'Elect a leader among the pods of kollector; without it kollector has one pod',
    ),
    refused(
      'environment',
      t.oneOf('prod', 'dev', 'staging', ''),
      ['prod', ''],
      'Other addresses than the product ones are set by server',
    ),
    ...Object.entries(urls).map(([key, what]) =>
      optional(key, t.text, `Address of the ${what} of the backend, instead of the discovered one`),
    ),
    ...stages.flatMap((stage) =>
      Object.keys(urls).map((key) =>
        noted(stage + capital(key), t.text, 'Addresses of other stages are set by server'),
      ),
    ),
    noted('clusterServer', t.text, 'The provider is found out at run time'),
    noted('createKubescapeServiceAccount', t.looseFlag, 'ServiceAccounts are set for each component', [true, false]),
    noted('ksLabel', t.text, 'Labels are fixed', ['kubescape']),
    noted('unittest', t.looseFlag, 'Nothing is made while rendering', [false]),
    alias('addRevisionLabel', t.looseFlag, 'global.addRevisionLabel'),
  ],
};

export const scope: Group = {
  title: 'What is scanned, and when',
  values: [
    value(
      'excludeNamespaces',
      t.text,
      'kube-system,kube-public,kube-node-lease,kubeconfig,gmp-system,gmp-public',
      'Namespaces that are left out; that of the release always is',
    ),
    value('includeNamespaces', t.text, '', 'If set, only these namespaces are scanned'),
    pending(
      'excludeLabels',
      { type: ['object', 'null'], additionalProperties: { type: ['array', 'string'] } },
      'Workloads with one of these labels are left out by the node agent: label to list of values',
      [{}],
    ),
    unread(value('defaultFrameworks', t.strings, [], 'Frameworks of a scan that names none; empty: all')),
    value(
      'triggerNewImageScan',
      t.looseFlag,
      true,
      'Scan an image as soon as it is seen for the first time: kollector asks for it, or the operator where there is none (operator.newImages.enabled)',
    ),
    value('continuousScanning.configMapName', t.name, 'cs-matching-rules', 'ConfigMap with the rules below'),
    unread(
      value(
        'continuousScanning.matchingRules.match',
        {
          type: ['array', 'null'],
          items: {
            type: 'object',
            additionalProperties: false,
            properties: { apiGroups: t.strings, apiVersions: t.strings, resources: t.strings },
          },
        },
        [{ apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }],
        'Kinds whose changes are scanned at once; with continuousScan all kinds are that a control looks at',
      ),
    ),
    unread(
      value(
        'continuousScanning.matchingRules.namespaces',
        t.strings,
        [],
        'Namespaces they are watched in; empty: all that are not left out',
      ),
    ),
    unread(value('serviceScanConfig.enabled', t.flag, false, 'Look for exposed Services that ask for no login')),
    unread(value('serviceScanConfig.interval', t.duration, '1h', 'Pause between two such scans')),
  ],
};

export const scheduling: Group = {
  title: 'Placement of all pods',
  values: [
    value('customScheduling.nodeSelector', t.stringMap, {}, 'Merged with the selector of the component'),
    value('customScheduling.affinity', t.object, {}, 'For components without one'),
    value('customScheduling.tolerations', t.tolerations, [], 'For components without any'),
    value('customScheduling.topologySpreadConstraints', t.objects, [], 'For components without any'),
    value('customScheduling.priorityClassName', t.text, '', 'For components without one'),
    pending('configurations.priorityClass.enabled', t.flag, 'Create a priority class for the node agent', [true]),
    pending('configurations.priorityClass.daemonset', t.integer(-2147483648, 1000000000), 'Its value', [100000100]),
    pending('configurations.priorityClass.existing', t.text, 'An existing priority class instead', ['']),
    alias('tolerations', t.tolerations, 'customScheduling.tolerations'),
  ],
};

const capabilityText = {
  operator: ['enable', 'Take commands and run scans'],
  configurationScan: ['enable', 'Scan the configuration of the cluster'],
  vulnerabilityScan: ['enable', 'Scan images for known vulnerabilities'],
  continuousScan: ['disable', 'Scan changes of the watched kinds as they come'],
  admissionController: ['disable', 'Validating webhook'],
  agentRuntimePosture: ['disable', 'Read the kinds of agent sandboxes'],
  httpDetection: ['disable', 'Runtime rules about HTTP'],
  kubescapeOffline: ['disable', 'Scan with the policies of the image, and send nothing out of the cluster'],
  malwareDetection: ['disable', 'Look for malware'],
  manageWorkloads: ['disable', 'Let the backend change workloads'],
  networkEventsStreaming: ['disable', 'Send network events to the backend'],
  networkPolicyService: ['disable', 'Learn and suggest NetworkPolicies'],
  nodeProfileService: ['disable', 'Profiles of nodes'],
  nodeSbomGeneration: ['disable', 'Make SBOMs on the nodes'],
  nodeScan: ['disable', 'Look at the configuration of nodes'],
  prometheusExporter: ['disable', 'Findings as metrics'],
  registryScan: [
    'disable',
    'Scan the images of registries by command: the operator keeps their logins, schedules and Jobs',
  ],
  remediation: ['disable', 'Change workloads on findings'],
  riskAcceptance: ['disable', 'Honour SecurityException and ClusterSecurityException objects'],
  runtimeDetection: ['disable', 'Runtime rules and alerts'],
  runtimeObservability: ['disable', 'Learn what containers do'],
  scanEmbeddedSBOMs: ['disable', 'Also take over packages from SBOM files that lie in images'],
  seccompProfileService: ['disable', 'Seccomp profiles'],
  syncSBOM: ['disable', 'Replicate SBOMs to the backend'],
  vexGeneration: ['disable', 'Write VEX documents'],
} as const;

const later = (name: string): string => (isBuilt(name) ? '' : '; not part of this version');

export const capabilities: Group = {
  title: 'Capabilities',
  intro:
    'The words enable and disable. What is asked for and cannot work is listed in the notes of the release and in the ConfigMap ks-capabilities.',
  values: [
    ...Object.entries(capabilityText).map(([name, [initial, what]]) =>
      value(`capabilities.${name}`, t.capability, initial, `${what}${later(name)}`),
    ),
    value(
      'capabilities.relevancy',
      t.oneOf('enable', 'disable', 'detect', true, false),
      'disable',
      `Mark vulnerabilities of packages that are loaded${later('relevancy')}`,
    ),
    value(
      'capabilities.seccompProfileBackend',
      t.oneOf('crd', 'storage'),
      'crd',
      `Where seccomp profiles are kept${later('seccompProfileService')}`,
    ),
    noted(
      'capabilities.backend-storage',
      { enum: ['enable', 'disable', true, false, null] },
      'Results are kept in the cluster',
      ['disable', false],
    ),
    refused(
      'capabilities.autoUpgrading',
      t.capability,
      ['disable', false],
      'A release does not upgrade itself: that needs every right in the cluster. Use a GitOps tool or helm upgrade in a pipeline',
    ),
    refused(
      'capabilities.testing.nodeAgentMultiplication.enabled',
      t.looseFlag,
      [false, 'false'],
      'The load test of the node agent is not part of this chart',
    ),
    noted(
      'capabilities.testing.nodeAgentMultiplication.replicas',
      t.integer(0),
      'The load test of the node agent is not part of this chart',
      [5],
    ),
  ],
};
