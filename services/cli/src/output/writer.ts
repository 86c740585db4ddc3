import type { Output } from '../host.ts';

/** Resolves when the text has been taken: a result must not be lost because the process ended too early. */
export function write(output: Output, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  output.write(text, (error) => {
    if (error === null || error === undefined || isClosed(error)) resolve();
    else reject(error);
  });
  return promise;
}

function isClosed(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}
