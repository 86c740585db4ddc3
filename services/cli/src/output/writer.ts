import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { fail } from '../errors.ts';
import { type CliHost, type Output, userPath } from '../host.ts';

const pieceSize = 64 * 1024;

/** Resolves when the text has been taken: a result must not be lost because the process ended too early. */
export async function write(output: Output, text: string | Iterable<string> | AsyncIterable<string>): Promise<void> {
  for await (const piece of joined(typeof text === 'string' ? [text] : text)) {
    if (output.destroyed) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    output.write(piece, (error) => {
      if (error === null || error === undefined || isClosed(error)) resolve();
      else reject(error);
    });
    await promise;
  }
}

/** Writes a result to the file of `--output` if there is one, else to standard output. @throws OUTPUT_UNWRITABLE */
export async function writeResult(
  host: CliHost,
  file: string | undefined,
  text: string | Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  if (file === undefined) return write(host.stdout, text);
  const stream = createWriteStream(userPath(host, file));
  try {
    await once(stream, 'open');
    // What goes wrong from here on is told by `write` and `finished`.
    stream.on('error', () => undefined);
    await write(stream, text);
    stream.end();
    await finished(stream);
  } catch (error) {
    throw fail('OUTPUT_UNWRITABLE', { path: file, problem: error instanceof Error ? error.message : String(error) });
  }
}

async function* joined(pieces: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let buffer = '';
  for await (const piece of pieces) {
    buffer += piece;
    if (buffer.length < pieceSize) continue;
    yield buffer;
    buffer = '';
  }
  if (buffer !== '') yield buffer;
}

function isClosed(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}
