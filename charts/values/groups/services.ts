import { component, persistence, service, serviceMonitor } from '../component.ts';
import { alias, deprecated, type Group, noted, optional, pending, unread, value } from '../model.ts';
import * as t from '../types.ts';

const unusedLabels = (key: string) =>
  noted(`${key}.labels`, { type: ['object', 'array', 'null'] }, 'Use podLabels', [{}, []]);

export const operator: Group = {
  title: 'operator: takes commands, starts scans',
  values: [
    ...component('operator', {
      name: 'operator',
      title: 'operator',
      sizes: { cpu: ['50m', '500m'], memory: ['128Mi', '384Mi'] },
    }),
    ...service('operator', { port: 4002 }),
    ...persistence('operator', { enabled: false, size: '1Gi', of: 'its journal and unsent reports' }),
    value('operator.triggerSecurityFramework', t.flag, true, 'Scans by framework also scan the framework security'),
    value('operator.podScanGuardTime', t.duration, '1h', 'How long a pod without owner is left to the watchers'),
    value(
      'operator.newImages.enabled',
      t.autoFlag,
      'auto',
      'Watch for new images and scan them; auto: with triggerNewImageScan, where no kollector does it. Never beside one that does',
    ),
    value(
      'operator.newImages.atStart',
      t.oneOf('unasked', 'all', 'none'),
      'unasked',
      'Images that run already when the operator begins to watch: scan those that were not asked for, all, or none',
    ),
    value(
      'operator.dispatch.mode',
      t.oneOf('queue', 'http'),
      'queue',
      'How scans get to the scanners; http is for foreign scanners',
    ),
    value(
      'operator.auth.enabled',
      t.flag,
      true,
      'Take commands only with the token of a ServiceAccount of this namespace, made for the audience kubescape-operator; not in profile compact',
    ),
    alias('operator.enabled', t.looseFlag, 'capabilities.operator', { conversion: 'switch', former: [true] }),
    unusedLabels('operator'),
    ...webhook(),
    pending('operator.rulesUpdateConfig.enabled', t.looseFlag, 'Fetch runtime rules', [false]),
    pending('operator.rulesUpdateConfig.interval', t.duration, 'Pause between two such fetches'),
    unread(
      optional(
        'configurations.excludeJsonPaths',
        { type: ['array', 'string', 'null'] },
        'JSON paths that do not count when pod specs are compared',
      ),
    ),
  ],
};

function webhook() {
  const at = (name: string) => `operator.admissionWebhooks.${name}`;
  return [
    pending(at('service.type'), t.text, 'Type of the Service of the webhook', ['ClusterIP']),
    pending(at('service.port'), t.port, 'Port of the Service of the webhook', [443]),
    pending(at('service.targetPort'), t.port, 'Port of the webhook', [8443]),
    pending(at('service.annotations'), t.stringMap, 'Annotations of the Service of the webhook', [{}]),
    pending(at('patch.retries'), t.integer(0), 'Tries to set the certificate', [60]),
    pending(at('patch.retryIntervalSeconds'), t.integer(0), 'Pause between them', [5]),
    deprecated(
      'operator.admissionService',
      t.object,
      'operator.admissionWebhooks.service',
      'Former place of the Service of the webhook',
      { former: [{}] },
    ),
  ];
}

export const gateway: Group = {
  title: 'gateway: hands notifications on',
  values: [
    value('gateway.enabled', t.autoFlag, 'auto', 'auto: with a backend or the cloud-endpoint'),
    ...component('gateway', {
      name: 'gateway',
      title: 'gateway',
      sizes: { cpu: ['10m', '200m'], memory: ['96Mi', '256Mi'] },
    }),
    ...service('gateway', { port: 8001, prefix: 'websocketService' }),
    ...service('gateway', { port: 8002, prefix: 'httpService' }),
    value(
      'gateway.auth.enabled',
      t.flag,
      true,
      'Take clients and notifications only with the token of a ServiceAccount of this namespace, made for the audience kubescape-operator, or with the access key of the account as X-API-KEY; not in profile compact',
    ),
    unusedLabels('gateway'),
  ],
};

export const kubescape: Group = {
  title: 'kubescape: scans the configuration of the cluster',
  values: [
    ...component('kubescape', {
      name: 'kubescape',
      title: 'posture scanner',
      metrics: false,
      sizes: { cpu: ['250m', '1'], memory: ['256Mi', '1Gi'] },
    }),
    ...service('kubescape', { port: 8080, target: false }),
    ...persistence('kubescape', { enabled: false, size: '2Gi', of: 'results and unsent reports' }),
    ...policy(),
    ...serviceMonitor((name) => `kubescape.${name}`),
    noted('kubescape.serviceMonitor.skipPersistence', t.flag, 'A scrape never starts a scan', [false]),
    noted('kubescape.downloadArtifacts', t.flag, 'The policies are part of the image; nothing is downloaded', [true]),
    noted('kubescape.skipUpdateCheck', t.flag, 'Nothing asks for updates', [false]),
    pending('kubescape.ruleProcessingConcurrency', t.integer(0), 'Rules that are evaluated at once', [0]),
    alias('kubescape.enabled', t.looseFlag, 'capabilities.configurationScan', { conversion: 'switch', former: [true] }),
    alias('kubescape.enableHostScan', t.looseFlag, 'capabilities.nodeScan', { conversion: 'switch', former: [true] }),
    alias('kubescape.labels', { anyOf: [t.stringMap, { type: 'array', maxItems: 0 }] }, 'kubescape.podLabels', {
      former: [{}, []],
    }),
    alias('kubescape.prometheusAnnotation.enabled', t.looseFlag, 'configurations.prometheusAnnotations', {
      conversion: 'switch',
      former: [false],
    }),
  ],
};

/** Each inline, or in a ConfigMap of the user's own. */
function policy() {
  const parts = [
    ['exceptions', t.objects, [], 'Exceptions of findings, as a list of policies (docs/posture.md)'],
    ['controlInputs', t.object, {}, 'Inputs of controls: name to list of texts'],
    ['frameworks', t.objects, [], 'Frameworks of your own beside the built-in ones'],
  ] as const;
  return parts.flatMap(([part, schema, initial, what]) => [
    value(`kubescape.policy.${part}`, schema, initial, what),
    value(
      `kubescape.policy.existingConfigMaps.${part}`,
      t.name,
      '',
      `ConfigMap with the same in JSON, below the key ${part}.json; wins over the value`,
    ),
  ]);
}

export const kubevuln: Group = {
  title: 'kubevuln: scans images',
  values: [
    ...component('kubevuln', {
      name: 'kubevuln',
      title: 'image scanner',
      sizes: { cpu: ['300m', '1500m'], memory: ['512Mi', '4Gi'], disk: ['5Gi', '10Gi'] },
    }),
    ...service('kubevuln', { port: 8080 }),
    ...persistence('kubevuln', { enabled: false, size: '', of: 'vulnerability database, SBOMs and results' }),
    value(
      'kubevuln.config.maxImageSize',
      t.bytes,
      5368709120,
      'Bytes of the largest image that is scanned, compressed',
    ),
    value('kubevuln.config.maxSBOMSize', t.bytes, 209715200, 'Bytes of the largest SBOM that is kept'),
    value('kubevuln.config.scanTimeout', t.duration, '5m', 'Time limit for one image'),
    value('kubevuln.config.scanConcurrency', t.integer(1, 64), 1, 'Images that are scanned at once in one pod'),
    value('kubevuln.config.grypeDbListingURL', t.url, '', 'Another source of the vulnerability database'),
    value('kubevuln.config.grypeDbPersistence', t.flag, false, 'Keep the vulnerability database on a PVC'),
    value(
      'kubevuln.config.cveMatchingMode',
      { enum: ['', 'off', 'on', 'adaptive', true, false, null] },
      '',
      'Match by CPE: off, on or adaptive; empty is adaptive',
    ),
    value(
      'kubevuln.config.trustedVendors',
      t.strings,
      [],
      'Distributions whose own feed is trusted in adaptive mode; empty: echo, chainguard, wolfi, minimos',
    ),
    value('kubevuln.config.plainHttpRegistries', t.strings, [], 'Registries that are spoken to without TLS, host:port'),
    value('kubevuln.config.proxyRegistryMap', t.stringMap, {}, 'Mirrors to pull from for a scan: registry to mirror'),
    value(
      'kubevuln.config.vulnerabilityMetrics',
      t.flag,
      false,
      'Metrics of the vulnerabilities of each container by severity: six series a container, 5,000 containers at most',
    ),
    unread(value('kubevuln.config.storeFilteredSboms', t.flag, false, 'Also keep the SBOM of relevant packages')),
    deprecated(
      'kubevuln.config.useDefaultMatchers',
      t.looseFlag,
      'kubevuln.config.cveMatchingMode',
      'Use cveMatchingMode: true is off, false is adaptive',
      { conversion: 'matchers', former: [false] },
    ),
    noted('kubevuln.verbose', t.looseText, 'logger.level decides what is logged', ['']),
    value('kubevuln.tmpDirPersistence.enabled', t.flag, false, 'Put the scratch space of scans on a PVC'),
    value('kubevuln.tmpDirPersistence.size', t.bytesQuantity, '50Gi', 'Its size'),
    value('kubevuln.tmpDirPersistence.storageClassName', t.text, '', 'Its storage class'),
    value('kubevuln.tmpDirPersistence.accessModes', t.strings, ['ReadWriteOnce'], 'Its access modes'),
    value('kubevuln.tmpDirPersistence.annotations', t.stringMap, {}, 'Its annotations'),
    pending('kubevuln.sbomScanner.enabled', t.flag, 'Make SBOMs in a container of their own', [false]),
    pending('kubevuln.sbomScanner.resources', t.resources, 'Requests and limits of that container', [
      { requests: { cpu: '100m', memory: '512Mi' }, limits: { cpu: '1000m', memory: '5Gi' } },
    ]),
    noted('kubevuln.sbomScanner.command', t.strings, 'The program is ours', [['/usr/bin/sbom-scanner']]),
    alias('kubevuln.enabled', t.looseFlag, 'capabilities.vulnerabilityScan', { conversion: 'switch', former: [true] }),
    alias('kubevuln.config.vexGeneration', t.looseFlag, 'capabilities.vexGeneration', {
      conversion: 'switch',
      former: [false],
    }),
    unusedLabels('kubevuln'),
  ],
};

export const kubevulnWorker: Group = {
  title: 'kubevuln-worker: more engines for image scans',
  intro:
    'Workers pull images and make SBOMs; kubevuln matches them and keeps all results. They keep nothing, so any number may run. Not in profile compact.',
  values: [
    value('kubevulnWorker.enabled', t.flag, false, 'Run workers beside kubevuln'),
    ...component('kubevulnWorker', {
      name: 'kubevuln-worker',
      title: 'workers of image scans',
      scalable: true,
      sizes: { cpu: ['300m', '1500m'], memory: ['512Mi', '4Gi'], disk: ['5Gi', '10Gi'] },
    }),
    value(
      'kubevulnWorker.scanConcurrency',
      t.integer(1, 64),
      1,
      'SBOMs that are made at once in one worker; they share its memory limit, of which 256Mi are left to the worker itself',
    ),
  ],
};

export const kollector: Group = {
  title: 'kollector: watches the cluster for new images',
  values: [
    value('kollector.enabled', t.autoFlag, 'auto', 'auto: with a backend or the cloud-endpoint'),
    ...component('kollector', {
      name: 'kollector',
      title: 'kollector',
      sizes: { cpu: ['10m', '500m'], memory: ['128Mi', '512Mi'] },
    }),
    ...persistence('kollector', { enabled: false, size: '1Gi', of: 'what was asked for already' }),
    value(
      'kollector.atStart',
      t.oneOf('unasked', 'all', 'none'),
      'unasked',
      'Images that run already when it starts: ask for those that were not asked for, for all, or for none',
    ),
    unusedLabels('kollector'),
  ],
};

export const cloudEndpoint: Group = {
  title: 'cloud-endpoint: keeps results and shows them',
  values: [
    value(
      'cloudEndpoint.enabled',
      t.flag,
      true,
      'Keep results and reports in the cluster; with server they go there instead',
    ),
    ...component('cloudEndpoint', {
      name: 'cloud-endpoint',
      title: 'cloud-endpoint',
      sizes: { cpu: ['50m', '500m'], memory: ['192Mi', '512Mi'] },
    }),
    ...service('cloudEndpoint', { port: 8090 }),
    ...persistence('cloudEndpoint', { enabled: true, size: '5Gi', of: 'its database' }),
    value(
      'cloudEndpoint.existingSecret',
      t.secretName,
      '',
      'Secret with account and accessKey of senders; without one they are made at run time',
    ),
    value(
      'cloudEndpoint.retention.history',
      t.duration,
      '2160h',
      'How long changes, scores and finished jobs are kept; the latest state always is',
    ),
    value('cloudEndpoint.retention.receipts', t.duration, '720h', 'How long a repeated report is recognised'),
  ],
};

export const redis: Group = {
  title: 'Redis: the queue',
  values: [
    value('redis.enabled', t.flag, true, 'Run a Redis for the queue; off with redis.external'),
    ...component('redis', {
      name: 'redis',
      title: 'Redis',
      stateful: true,
      foreign: true,
      metrics: false,
      sizes: { cpu: ['25m', '500m'], memory: ['64Mi', '256Mi'] },
      image: { repository: 'docker.io/library/redis', tag: '7.2-bookworm' },
    }),
    ...service('redis', { port: 6379 }),
    ...persistence('redis', { enabled: true, size: '2Gi', of: 'the append-only file of the queue' }),
    value(
      'redis.auth.existingSecret',
      t.secretName,
      '',
      'Secret with the password; without one it is made at run time',
    ),
    value('redis.auth.existingSecretKey', t.text, 'password', 'Key of the password in that Secret'),
    value(
      'redis.external.address',
      { type: ['string', 'null'], pattern: '^([^ /:]+:[0-9]{1,5})?$', title: 'host:port' },
      '',
      'A Redis of your own, host:port',
    ),
    value('redis.external.username', t.text, '', 'Its user'),
    value('redis.external.existingSecret', t.secretName, '', 'Secret with its password'),
    value('redis.external.existingSecretKey', t.text, 'password', 'Key of the password in that Secret'),
  ],
};

export const suite: Group = {
  title: 'suite: all services in one pod (profile compact)',
  values: [
    ...component('suite', {
      name: 'suite',
      title: 'pod of the compact profile',
      sizes: { cpu: ['200m', '2'], memory: ['512Mi', '3Gi'], disk: ['2Gi', '10Gi'] },
    }),
    ...persistence('suite', { enabled: true, size: '10Gi', of: 'queue, results and vulnerability database' }),
  ],
};
