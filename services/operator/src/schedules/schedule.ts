import { z } from 'zod';

/** The three kinds of recurring scans (operator-gateway.md 4.4.1). */
export const ScheduleKind = z.enum(['kubescape', 'kubevuln', 'registry']);
export type ScheduleKind = z.infer<typeof ScheduleKind>;

/** A recurring command, as it is to be. */
export const ScheduleSpec = z.object({
  kind: ScheduleKind,
  /** Of the CronJob and its ConfigMap; also the key of a schedule in a process. */
  name: z.string(),
  /** Undefined: as the template has it. */
  cron: z.string().optional(),
  timeZone: z.string(),
  /** What each run sends, in the form of a body of `POST /v1/triggerAction`. No secrets. */
  body: z.record(z.string(), z.json()),
  /** Of the pod template: backends read them. */
  annotations: z.record(z.string(), z.string()),
});
export type ScheduleSpec = z.infer<typeof ScheduleSpec>;

export const ScheduleChange = z.object({
  kind: ScheduleKind,
  name: z.string(),
  /** Undefined: stays; as is what follows. */
  cron: z.string().optional(),
  timeZone: z.string().optional(),
  body: z.record(z.string(), z.json()).optional(),
  annotations: z.record(z.string(), z.string()),
});
export type ScheduleChange = z.infer<typeof ScheduleChange>;

/** A schedule that is there. */
export interface StoredSchedule {
  readonly name: string;
  readonly kind: ScheduleKind;
  readonly cron: string;
  readonly timeZone: string;
}

/**
 * Where recurring scans are kept: CronJobs of a cluster, or schedules of this process. Everything may be done again: a schedule that
 * is there already, and was made by the same command, stays as it is.
 */
export interface ScheduleStore {
  /** @throws SCHEDULE_TEMPLATE, SCHEDULE_REFUSED, KUBE_… */
  create(spec: ScheduleSpec): Promise<StoredSchedule>;
  /** @throws SCHEDULE_UNKNOWN, SCHEDULE_REFUSED, KUBE_… */
  update(change: ScheduleChange): Promise<StoredSchedule>;
  /** Nothing of it is left, or nothing was there: then SCHEDULE_UNKNOWN. @throws SCHEDULE_UNKNOWN, SCHEDULE_REFUSED, KUBE_… */
  delete(schedule: { readonly kind: ScheduleKind; readonly name: string }): Promise<void>;
}
