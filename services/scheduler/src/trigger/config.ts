import { defineConfig, duration, timerDuration } from '@kso/kit';
import { z } from 'zod';

const upperCase = (value: unknown): unknown => (typeof value === 'string' ? value.toUpperCase() : value);

/** Settings of one request; flags win over variables. */
export const triggerConfig = defineConfig({
  service: 'trigger',
  prefix: 'KSO_TRIGGER',
  schema: z.object({
    method: z.preprocess(upperCase, z.enum(['GET', 'POST', 'DELETE'])).default('POST'),
    scheme: z.enum(['http', 'https']).default('http'),
    host: z
      .string('say where to send it: -host operator:4002')
      .regex(/^[\w.[\]:-]+$/, 'expected a host, with or without a port'),
    path: z.string().default('v1/triggerAction'),
    headers: z.record(z.string(), z.string()).default({ 'Content-Type': 'application/json' }),
    body: z.string().optional(),
    pathBody: z.string().optional(),
    pathOutput: z.string().optional(),
    skipSslVerify: z.boolean().default(false),
    tokenFile: z.string().optional(),
    /** For one attempt. */
    timeout: timerDuration().default(60_000),
    attempts: z.number().int().positive().default(8),
    /** For all attempts and waits together. */
    budget: duration().default(600_000),
    backoffMin: timerDuration().default(1000),
    backoffMax: timerDuration().default(60_000),
  }),
});

export type TriggerConfig = z.output<typeof triggerConfig.schema>;
