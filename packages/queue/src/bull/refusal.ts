/**
 * Answers by which Redis says that it cannot work at present (https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors):
 * it is full, loading, failed over, or does not let us in.
 */
const codes =
  /(?:^|[ -])(?:OOM|NOAUTH|WRONGPASS|NOPERM|READONLY|LOADING|MISCONF|MASTERDOWN|CLUSTERDOWN|BUSY|TRYAGAIN)\b/;
const maxLength = 200;

/** The answer of a Redis that is there and refuses, in one line; undefined for every other error. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError' || !codes.test(error.message)) return undefined;
  return error.message.split('\n')[0]?.slice(0, maxLength);
}
