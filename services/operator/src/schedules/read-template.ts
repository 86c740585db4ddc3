import type { KubeClient } from '@kso/kube';
import { fail } from '../errors.ts';
import { templateNames } from './cron-job-template.ts';
import type { ScheduleKind } from './schedule.ts';

/**
 * The text of a kind's template, undefined where its ConfigMap has none.
 * @throws SCHEDULE_TEMPLATE with what the API server says of a ConfigMap that is missing or may not be read, KUBE_…
 */
export async function readTemplate(
  get: KubeClient['get'],
  namespace: string,
  kind: ScheduleKind,
): Promise<string | undefined> {
  const name = templateNames[kind];
  const found = await get({ group: '', kind: 'ConfigMap' }, namespace, name);
  if (found.outcome !== 'found') throw fail('SCHEDULE_TEMPLATE', { name, problem: found.detail });
  const template = (found.object['data'] as Record<string, unknown> | undefined)?.['cronjobTemplate'];
  return typeof template === 'string' ? template : undefined;
}
