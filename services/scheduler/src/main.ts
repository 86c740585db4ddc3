import { createLogger, createMetrics, startTracing, systemClock } from '@kso/kit';
import { runTrigger } from './trigger/run.ts';

// A CronJob's pod: no listener and no metrics that anyone would scrape, one request and an exit code.
const { env } = process;
const logger = createLogger({ service: 'trigger', env });
const tracer = await startTracing({ service: 'trigger', env, logger });
const interrupted = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => interrupted.abort());
// Waits between two attempts do not keep a process alive; what is still to be delivered does.
const alive = setInterval(() => undefined, 2 ** 30);

process.exitCode = await runTrigger(process.argv.slice(2), {
  env,
  logger,
  tracer,
  metrics: createMetrics(),
  clock: systemClock,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  signal: interrupted.signal,
});
await tracer.shutdown();
clearInterval(alive);
