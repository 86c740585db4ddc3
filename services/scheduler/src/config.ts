import { cronExpression, defineConfig, duration, timerDuration } from '@kso/kit';
import type { JsonObject } from '@kso/wire';
import { z } from 'zod';

/** One recurring command. */
const ScheduleEntry = z.strictObject({
  /** Also the key under which the last run is kept. */
  name: z.string().regex(/^[a-z\d]([a-z\d-]{0,50}[a-z\d])?$/, 'expected lower-case letters, digits and dashes'),
  cron: cronExpression(),
  timeZone: z.string().default('UTC'),
  /** Runs begin up to this much later, always the same for one cluster. */
  spread: duration().default(0),
  /** A command of operator-gateway.md 1.3, e.g. `{"commandName":"kubescapeScan","args":{"scanV1":{}}}`. */
  command: z
    .record(z.string(), z.json())
    .refine((command) => typeof command['commandName'] === 'string', 'needs a commandName'),
});

/** Settings of the schedules that run inside of a process (in a cluster, CronJobs do that). */
export const schedulerConfig = defineConfig({
  service: 'scheduler',
  prefix: 'KSO_SCHEDULER',
  schema: z.object({
    enabled: z.boolean().default(true),
    /** The scan of the whole cluster's configuration. */
    posture: z
      .object({
        enabled: z.boolean().default(true),
        cron: cronExpression().default('0 8 * * *'),
        timeZone: z.string().default('UTC'),
        /** By default clusters that keep the default time do not all start in the same minute. */
        spread: duration().default(3_600_000),
      })
      .prefault({}),
    /** More schedules. */
    schedules: z.array(ScheduleEntry).default([]),
    /** Bounds of the wait before a command that was not taken is offered again. */
    backoffMin: timerDuration().default(1000),
    backoffMax: timerDuration().default(300_000),
  }),
});

export type SchedulerConfig = z.output<typeof schedulerConfig.schema>;

export interface ScheduledCommand {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly spread: number;
  readonly command: JsonObject;
}

/** All schedules that are switched on. */
export function schedulesOf(config: SchedulerConfig): ScheduledCommand[] {
  if (!config.enabled) return [];
  const { enabled, ...posture } = config.posture;
  const command = { commandName: 'kubescapeScan', args: { scanV1: {} } };
  return [...(enabled ? [{ ...posture, name: 'posture', command }] : []), ...config.schedules];
}
