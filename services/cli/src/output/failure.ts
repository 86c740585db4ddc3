import { describeError, KsoError } from '@kso/kit';
import { plainText } from '@kso/report';
import { type ExitCode, exitCodes } from '../exit-codes.ts';

/** An error as the user sees it: one line and the exit status. With `KSO_DEBUG` the stack follows. */
export function describeFailure(
  error: unknown,
  env: Readonly<Record<string, string | undefined>>,
): { readonly line: string; readonly code: ExitCode } {
  const text = plainText(describeError(error));
  const debug = (env['KSO_DEBUG'] ?? '') !== '' && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  return { line: `${text}${debug}`, code: isUsersToCorrect(error) ? exitCodes.usage : exitCodes.failed };
}

/** Everything about the command line and what it names; the rest is the infrastructure's. */
function isUsersToCorrect(error: unknown): boolean {
  if (error instanceof KsoError) return error.httpStatus === 400 || error.code === 'KUBECONFIG_INVALID';
  if (!(error instanceof Error) || error.name !== 'SourceError' || !('reason' in error)) return false;
  return error.reason === 'nothingToScan' || error.reason === 'unreadable';
}
