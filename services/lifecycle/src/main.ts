import { systemClock } from '@kso/kit';
import { runLifecycle } from './run.ts';

// A Job, an init container or the pod of helm test: no listener, lines for people, an exit code.
process.exitCode = await runLifecycle(process.argv.slice(2), {
  env: process.env,
  clock: systemClock,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
});
