#!/usr/bin/env -S node --max-semi-space-size=4
import { homedir } from 'node:os';
import { keepCompiledModules } from './compile-cache.ts';
import type { CliHost } from './host.ts';

// Before anything else is loaded.
keepCompiledModules(process.env);
const { exitCodes, Interruption } = await import('./exit-codes.ts');

const interrupt = new AbortController();
let signals = 0;
const onSignal = (signal: 'SIGINT' | 'SIGTERM') => (): void => {
  signals += 1;
  // The second one is from somebody who does not want to wait.
  const interruption = new Interruption(signal);
  if (signals > 1) process.exit(interruption.exitCode);
  interrupt.abort(interruption);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal(signal));
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`kso … | head`) is no failure.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? exitCodes.ok);
    if (stream === process.stdout) process.stderr.write(`kso: the output cannot be written: ${error.message}\n`);
    process.exit(exitCodes.failed);
  });
}

const { runCli } = await import('./service.ts');
const host: CliHost = {
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  // Opened when somebody reads it.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
  now: Date.now,
};
process.exitCode = await runCli(process.argv.slice(2), host);
