import { parseDocument } from '@kso/domain/yaml';
import type { JsonObject, KubeObject } from '@kso/wire';
import { z } from 'zod';
import { fail } from '../errors.ts';
import type { ScheduleKind, ScheduleSpec } from './schedule.ts';

/** ConfigMaps of the chart with the CronJob that each kind of schedule begins as (operator-gateway.md 4.4.1). */
export const templateNames: Readonly<Record<ScheduleKind, string>> = {
  kubescape: 'kubescape-cronjob-template',
  kubevuln: 'kubevuln-cronjob-template',
  registry: 'registry-scan-cronjob-template',
};

/** Label of a CronJob and of its pods that tells the kind of its scans; NetworkPolicies and backends go by it. */
export const tierLabel = 'armo.tier';
export const tiers: Readonly<Record<ScheduleKind, string>> = {
  kubescape: 'kubescape-scan',
  kubevuln: 'vuln-scan',
  registry: 'registry-scan',
};

const labels = z.record(z.string(), z.string());
const Meta = z.looseObject({ labels: labels.nullish(), annotations: labels.nullish() });
const Volume = z.looseObject({ name: z.string(), configMap: z.looseObject({}).nullish() });
const Template = z.looseObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('CronJob'),
  metadata: Meta,
  spec: z.looseObject({
    schedule: z.string(),
    jobTemplate: z.looseObject({
      spec: z.looseObject({
        template: z.looseObject({
          metadata: Meta.nullish(),
          spec: z.looseObject({ volumes: z.array(Volume).nullish() }),
        }),
      }),
    }),
  }),
});
type Template = z.infer<typeof Template>;

const bodyVolume = 'request-body-volume';

/** The CronJob of a schedule, from the text of a template. @throws SCHEDULE_TEMPLATE */
export function cronJobFrom(template: string | undefined, spec: ScheduleSpec, namespace: string): KubeObject {
  const { metadata, spec: cron, ...rest } = readTemplate(template, templateNames[spec.kind]);
  const { jobTemplate } = cron;
  const pod = jobTemplate.spec.template;
  const volumes = (pod.spec.volumes ?? []).map((volume) =>
    volume.name === bodyVolume ? { ...volume, configMap: { ...volume.configMap, name: spec.name } } : volume,
  );
  if (!volumes.some(({ name }) => name === bodyVolume)) throw templateFault(spec.kind, `no volume ${bodyVolume}`);
  const podMetadata = { ...pod.metadata, annotations: { ...pod.metadata?.annotations, ...spec.annotations } };
  const podTemplate = { ...pod, metadata: podMetadata, spec: { ...pod.spec, volumes } };
  return {
    ...rest,
    metadata: { ...metadata, name: spec.name, namespace, labels: { ...metadata.labels, app: spec.name } },
    spec: {
      ...cron,
      schedule: spec.cron ?? cron.schedule,
      timeZone: spec.timeZone,
      jobTemplate: { ...jobTemplate, spec: { ...jobTemplate.spec, template: podTemplate } },
    },
  } as KubeObject;
}

function readTemplate(text: string | undefined, name: string): Template {
  // Upstream's text: people search logs for it.
  if (text === undefined)
    throw fail('SCHEDULE_TEMPLATE', { name, problem: 'getCronJobTemplate: jobTemplate not found' });
  const parsed = parseDocument(text);
  if (parsed.outcome === 'malformed')
    throw fail('SCHEDULE_TEMPLATE', { name, problem: `line ${parsed.line}: ${parsed.detail}` });
  const template = Template.safeParse(parsed.values[0]);
  if (template.success) return template.data;
  const [issue] = template.error.issues;
  throw fail('SCHEDULE_TEMPLATE', { name, problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
}

function templateFault(kind: ScheduleKind, problem: string) {
  return fail('SCHEDULE_TEMPLATE', { name: templateNames[kind], problem });
}

/** What the runs of a schedule send, of the same name as its CronJob and gone with it. */
export function bodyConfigMap(
  { name, body }: { readonly name: string; readonly body: JsonObject },
  owner: KubeObject,
): KubeObject {
  const { apiVersion, kind, metadata } = owner;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { app: name },
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }],
    },
    data: { 'request-body.json': JSON.stringify(body) },
  };
}
