import { component } from '../component.ts';
import { alias, type Group, noted, value } from '../model.ts';
import * as t from '../types.ts';

const posture = [{ CommandName: 'kubescapeScan', args: { scanV1: {} } }];
const imageScan = [{ commandName: 'scan', designators: [{ designatorType: 'Attributes', attributes: {} }] }];
const commands = { type: ['array', 'null'], items: { type: 'object' } };

function scheduler(key: string, name: string, title: string, former: string) {
  const at = (name: string) => `${key}.${name}`;
  return [
    ...component(key, { name, title, job: true, sizes: { cpu: ['10m', '200m'], memory: ['64Mi', '128Mi'] } }),
    value(
      at('scanSchedule'),
      t.cron,
      'auto',
      `When: five fields, or auto for a time that is derived from cluster, namespace and release; so is ${former}`,
    ),
    value(
      at('timeZone'),
      t.timeZone,
      '',
      'Time zone of the schedule, by its IANA name; with one the schedule is taken literally. Empty: Etc/UTC',
    ),
    value(at('suspend'), t.flag, false, 'Pause the schedule'),
    value(at('concurrencyPolicy'), t.oneOf('Forbid', 'Allow', 'Replace'), 'Forbid', 'When the previous Job still runs'),
    value(at('startingDeadlineSeconds'), t.integer(10), 600, 'How late a missed Job may start'),
    value(at('activeDeadlineSeconds'), t.integer(1), 300, 'Time limit of a Job: it only posts a command'),
    value(at('backoffLimit'), t.integer(0), 2, 'How often a Job is tried again'),
    value(at('ttlSecondsAfterFinished'), t.integer(0), 86400, 'When finished Jobs are removed'),
    value(at('successfulJobsHistoryLimit'), t.integer(0), 3, 'Finished Jobs that are kept'),
    value(at('failedJobsHistoryLimit'), t.integer(0), 1, 'Failed Jobs that are kept'),
    noted(at('replicaCount'), t.integer(0), 'A CronJob has no replicas', [1]),
    noted(at('insecureSkipTLSVerify'), t.looseFlag, 'The command is posted inside of the cluster', [false]),
  ];
}

const misspelled = ['podAnnotations', 'podLabels'].map((name) =>
  alias(`kubescapeScheuler.${name}`, t.stringMap, `kubescapeScheduler.${name}`, { former: [{}] }),
);

export const schedules: Group = {
  title: 'Schedules',
  values: [
    value('kubescapeScheduler.enabled', t.flag, true, 'Scan the configuration of the cluster on a schedule'),
    ...scheduler('kubescapeScheduler', 'kubescape-scheduler', 'CronJob of posture scans', '0 8 * * *'),
    value('kubescapeScheduler.requestBody.commands', commands, posture, 'Commands that are posted'),
    ...misspelled,
    value('kubevulnScheduler.enabled', t.flag, true, 'Scan all images on a schedule'),
    ...scheduler('kubevulnScheduler', 'kubevuln-scheduler', 'CronJob of image scans', '0 0 * * *'),
    value('kubevulnScheduler.requestBody.commands', commands, imageScan, 'Commands that are posted'),
    noted('registryScanScheduler.enabled', t.looseFlag, 'Schedules of registries are made by commands', [true]),
    ...scheduler('registryScanScheduler', 'registry-scheduler', 'CronJobs of registry scans', '0 0 * * *'),
  ],
};

const rollout = (name: string) => `grypeOfflineDB.rollout.${name}`;
const rolloutImage = [{ repository: 'quay.io/kubescape/kubectl', tag: '1.36.1', pullPolicy: 'IfNotPresent' }];

export const offlineDatabase: Group = {
  title: 'grypeOfflineDB: vulnerability database inside of the cluster',
  values: [
    value('grypeOfflineDB.enabled', t.flag, false, 'Serve the vulnerability database from an image'),
    ...component('grypeOfflineDB', {
      name: 'grype-offline-db',
      title: 'server of the database',
      foreign: true,
      metrics: false,
      sizes: { cpu: ['150m', '150m'], memory: ['200Mi', '200Mi'] },
      image: { repository: 'quay.io/kubescape/grype-offline-db', tag: 'v6-latest', pullPolicy: 'Always' },
    }),
    value('grypeOfflineDB.schedule', t.cron, '5 0 * * *', 'When it is restarted, so that a moving tag is pulled again'),
    value('grypeOfflineDB.successfulJobsHistoryLimit', t.integer(0), 3, 'Finished Jobs that are kept'),
    value('grypeOfflineDB.failedJobsHistoryLimit', t.integer(0), 1, 'Failed Jobs that are kept'),
    value(rollout('nodeSelector'), t.stringMap, { 'kubernetes.io/os': 'linux' }, 'Nodes of the Job that restarts it'),
    value(rollout('podAnnotations'), t.stringMap, {}, 'Annotations of its pods'),
    value(rollout('podLabels'), t.stringMap, {}, 'Labels of its pods'),
    value(
      rollout('resources'),
      t.resources,
      { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
      'Requests and limits',
    ),
    noted(rollout('image'), t.image, 'The Job runs the suite image', rolloutImage),
  ],
};

export const telemetry: Group = {
  title: 'Telemetry',
  values: [
    value(
      'otelCollector.enabled',
      t.autoFlag,
      'auto',
      'auto: where the backend has a receiver of telemetry; otherwise the services send straight to configurations.otelUrl',
    ),
    ...component('otelCollector', {
      name: 'otel-collector',
      title: 'collector',
      foreign: true,
      metrics: false,
      sizes: { cpu: ['100m', '1'], memory: ['256Mi', '1Gi'] },
      image: { repository: 'docker.io/otel/opentelemetry-collector', tag: '0.108.0' },
    }),
    value('otelCollector.endpoint.insecure', t.flag, true, 'Send without TLS, unless otelUrl has the scheme https'),
    value('otelCollector.endpoint.headers', t.stringMap, {}, 'Headers of what is sent'),
    value(
      'otelCollector.endpoint.headersSecret',
      t.secretName,
      '',
      'Secret whose keys become variables of the collector: a header refers to one as ${env:KEY}',
    ),
    value('otelCollector.hostmetrics.enabled', t.flag, false, 'Also send processor and memory of the node it runs on'),
    value('otelCollector.hostmetrics.scrapeInterval', t.duration, '30s', 'How often they are read'),
    alias('otelCollector.disable', t.looseFlag, 'otelCollector.enabled', { conversion: 'not', former: [false] }),
    alias('otelCollector.endpoint.host', t.text, 'configurations.otelUrl', { conversion: 'hostPort', former: [''] }),
    alias('otelCollector.endpoint.port', { type: ['integer', 'string', 'null'] }, 'configurations.otelUrl', {
      conversion: 'hostPort',
      former: [4317, '4317'],
    }),
    value('grafanaDashboard.enabled', t.flag, false, 'Render a dashboard as a ConfigMap for the sidecar of Grafana'),
    value('grafanaDashboard.namespace', t.text, '', 'Its namespace; by default that of the release'),
    value('grafanaDashboard.labels', t.stringMap, { grafana_dashboard: '1' }, 'Labels by which Grafana finds it'),
    value('prometheusRule.enabled', t.flag, false, 'Render alerts as a PrometheusRule'),
    value('prometheusRule.namespace', t.text, '', 'Its namespace; by default that of the release'),
    value('prometheusRule.additionalLabels', t.stringMap, {}, 'Labels by which Prometheus finds it'),
  ],
};
