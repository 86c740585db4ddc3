import type { Logger } from '@kso/kit';
import type { GetResult, KubeClient, WriteRefusal } from '@kso/kube';
import type { KubeObject } from '@kso/wire';
import { z } from 'zod';
import { fail } from '../errors.ts';
import { bodyConfigMap, cronJobFrom, tierLabel, tiers } from './cron-job-template.ts';
import { readTemplate } from './read-template.ts';
import type { ScheduleChange, ScheduleKind, ScheduleSpec, ScheduleStore, StoredSchedule } from './schedule.ts';

const cronJobs = { group: 'batch', kind: 'CronJob' };
const configMaps = { group: '', kind: 'ConfigMap' };

const CronSpec = z.object({ schedule: z.string(), timeZone: z.string().nullish() });

/** Schedules as CronJobs of the operator's namespace (operator-gateway.md 4.4). Rights: docs/reference/operator-api.md. */
export function clusterSchedules(
  { get, writer }: Pick<KubeClient, 'get' | 'writer'>,
  namespace: string,
  logger: Logger,
): ScheduleStore {
  const cronJob = (name: string) => ({ ...cronJobs, namespace, name });
  const configMap = (name: string) => ({ ...configMaps, namespace, name });

  /** The CronJob if it is one of this kind: other CronJobs of the namespace are nobody's to change by name. */
  const find = async (kind: ScheduleKind, name: string): Promise<KubeObject | undefined> => {
    const found = await get(cronJobs, namespace, name);
    if (found.outcome === 'notFound') return undefined;
    if (found.outcome !== 'found') throw refused('get', `CronJob ${name}`, found);
    if (tierOf(found.object) !== tiers[kind])
      throw fail('SCHEDULE_REFUSED', { verb: 'use', what: `CronJob ${name}`, problem: `it makes no ${tiers[kind]}` });
    return found.object;
  };

  const made = async (object: KubeObject, what: string): Promise<KubeObject> => {
    const answer = await writer.create(object);
    if (answer.outcome === 'written') return answer.object;
    if (answer.outcome !== 'exists') throw refused('create', what, answer);
    // Made by the same command before a restart: names follow from its id.
    const { apiVersion, kind, metadata } = object;
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    const found = await get({ group, kind }, namespace, metadata.name);
    if (found.outcome === 'found' && found.object.metadata.labels?.['app'] === metadata.name) return found.object;
    throw refused('create', what, answer);
  };

  return {
    create: async (spec: ScheduleSpec) => {
      const { name, kind, body } = spec;
      const job = await made(cronJobFrom(await readTemplate(get, namespace, kind), spec, namespace), `CronJob ${name}`);
      try {
        await made(bodyConfigMap({ name, body }, job), `ConfigMap ${name}`);
      } catch (error) {
        // A CronJob whose pods wait for a body for ever is worse than none. What was written before goes with it.
        await writer.delete(cronJob(name), { propagation: 'Background' }).catch((reason: unknown) => {
          logger.error({ err: reason, schedule: name }, 'a CronJob without a body could not be taken back');
        });
        throw error;
      }
      logger.info({ schedule: name, kind }, 'schedule made');
      return storedOf(job, kind);
    },
    update: async ({ kind, name, cron, timeZone, body, annotations }: ScheduleChange) => {
      if ((await find(kind, name)) === undefined) throw fail('SCHEDULE_UNKNOWN', { name });
      const template = { metadata: { annotations } };
      const spec = {
        ...(cron === undefined ? {} : { schedule: cron }),
        ...(timeZone === undefined ? {} : { timeZone }),
        jobTemplate: { spec: { template } },
      };
      if (body !== undefined) {
        const data = { 'request-body.json': JSON.stringify(body) };
        const written = await writer.patch(configMap(name), { data });
        if (written.outcome !== 'written') throw refused('patch', `ConfigMap ${name}`, written);
      }
      const answer = await writer.patch(cronJob(name), { spec });
      if (answer.outcome === 'written') {
        logger.info({ schedule: name, kind }, 'schedule changed');
        return storedOf(answer.object, kind);
      }
      throw answer.outcome === 'notFound'
        ? fail('SCHEDULE_UNKNOWN', { name })
        : refused('patch', `CronJob ${name}`, answer);
    },
    delete: async ({ kind, name }) => {
      const job = await find(kind, name);
      const uid = job?.metadata.uid;
      const removed =
        job === undefined
          ? undefined
          : await writer.delete(cronJob(name), { propagation: 'Background', ...(uid === undefined ? {} : { uid }) });
      if (removed !== undefined && removed.outcome !== 'deleted' && removed.outcome !== 'notFound')
        throw refused('delete', `CronJob ${name}`, removed);
      // Those of older versions are not owned by their CronJob.
      const body = await get(configMaps, namespace, name);
      const isOurs = body.outcome === 'found' && body.object.metadata.labels?.['app'] === name;
      const taken = isOurs ? await writer.delete(configMap(name)) : undefined;
      if (taken !== undefined && taken.outcome !== 'deleted' && taken.outcome !== 'notFound')
        throw refused('delete', `ConfigMap ${name}`, taken);
      if (job === undefined) throw fail('SCHEDULE_UNKNOWN', { name });
      logger.info({ schedule: name, kind }, 'schedule deleted');
    },
  };
}

function storedOf(job: KubeObject, kind: ScheduleKind): StoredSchedule {
  const spec = CronSpec.safeParse(job['spec']).data;
  return { name: job.metadata.name, kind, cron: spec?.schedule ?? '', timeZone: spec?.timeZone ?? 'Etc/UTC' };
}

/** Of the CronJob, or of its pods where an older chart labels only those. */
function tierOf(job: KubeObject): string | undefined {
  const own = job.metadata.labels?.[tierLabel];
  if (own !== undefined) return own;
  const pods = z.object({
    jobTemplate: z.object({
      spec: z.object({ template: z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }) }) }),
    }),
  });
  return pods.safeParse(job['spec']).data?.jobTemplate.spec.template.metadata.labels[tierLabel];
}

function refused(verb: string, what: string, answer: WriteRefusal | Exclude<GetResult, { outcome: 'found' }>) {
  return fail('SCHEDULE_REFUSED', { verb, what, problem: answer.detail });
}
