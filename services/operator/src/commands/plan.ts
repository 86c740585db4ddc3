import type { JsonObject } from '@kso/wire';
import { PostureScanRequest } from '@kso/wire';
import { z } from 'zod';
import { RegistryPlan } from '../registries/registry-plan.ts';
import { ScheduleAction } from '../schedules/read-schedule.ts';
import { ImageScope } from './scope.ts';

const Priority = z.enum(['onDemand', 'newImage', 'recurring']);

/** What a command has to do, as it is kept with its parent in the queue: everything that is needed to go on after a restart, no secrets. */
const Plan = z.discriminatedUnion('type', [
  z.object({ type: z.literal('posture'), scanId: z.uuid(), request: PostureScanRequest }),
  z.object({ type: z.literal('images'), scope: ImageScope }),
  z.object({ type: z.literal('schedule'), schedule: ScheduleAction }),
  z.object({ type: z.literal('registry'), registry: RegistryPlan }),
  /** What an action would do: nothing is changed. */
  z.object({ type: z.literal('remediation'), planned: z.string() }),
  /** It cannot be carried out; its failure is told like any other. */
  z.object({ type: z.literal('rejected'), failure: z.object({ code: z.string(), message: z.string() }) }),
]);
export type Plan = z.infer<typeof Plan>;

export const CommandRecord = z.object({
  commandName: z.string(),
  /** What it is about, for reports. */
  target: z.string(),
  /** Which way it came. */
  source: z.enum(['rest', 'gateway', 'internal', 'customResource']),
  /** Its jobs' reports begin with this number. */
  firstSequence: z.number(),
  parentId: z.string().optional(),
  priority: Priority,
  traceparent: z.string().optional(),
  plan: Plan,
});
export type CommandRecord = z.infer<typeof CommandRecord>;

/** A recurring scan, as it is told to who asked for it. */
export const ScheduleView = z.object({
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  /** The next five, RFC 3339. */
  nextRuns: z.array(z.string()),
});
export type ScheduleView = z.infer<typeof ScheduleView>;

/** What is known once no more jobs will be added. */
export const FanOutNote = z.object({
  /** What could not be listed, one line each. */
  errors: z.array(z.string()).default([]),
  pods: z.number().default(0),
  /** Recurring scans as they are now. */
  schedules: z.array(ScheduleView).optional(),
  /** Of an action, what it would do. */
  planned: z.string().optional(),
  /** Of a test of a registry, what has passed, and what has not. */
  stages: z.array(z.string()).optional(),
  failedStage: z.string().optional(),
  /** Failure of the command itself. */
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type FanOutNote = z.infer<typeof FanOutNote>;

export const toJson = (value: CommandRecord | FanOutNote): JsonObject =>
  JSON.parse(JSON.stringify(value)) as JsonObject;
