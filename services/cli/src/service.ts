import { CommanderError } from 'commander';
import { type ExitCode, exitCodes, interruptedStatus } from './exit-codes.ts';
import type { CliHost } from './host.ts';
import { write } from './output/writer.ts';
import { createProgram } from './program.ts';

export { type ExitCode, exitCodes } from './exit-codes.ts';
export type { CliHost, Output } from './host.ts';

/**
 * Runs one `kso` command line and gives the exit status. Results go to `stdout`, everything else to `stderr`; an error is one line
 * that says what to do, never a stack trace.
 */
export async function runCli(args: readonly string[], host: CliHost): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = createProgram(host, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return host.signal.aborted ? interruptedStatus(host.signal) : code;
  } catch (error) {
    // Commander has printed its line; help and version end the same way, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (host.signal.aborted) return interruptedStatus(host.signal);
    const { describeFailure } = await import('./output/failure.ts');
    const failure = describeFailure(error, host.env);
    await write(host.stderr, `kso: ${failure.line}\n`);
    return failure.code;
  }
}
