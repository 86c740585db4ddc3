import type { GivenText } from '@kso/manifests';
import { fail } from '../errors.ts';
import type { CliHost } from '../host.ts';

const maxBytes = 256 * 1024 * 1024;

/** All of standard input, as one file of manifests. @throws PATH_UNREADABLE when it is a terminal or too much */
export async function readStdin({ stdin, signal }: CliHost): Promise<GivenText> {
  if (stdin === undefined || ('isTTY' in stdin && stdin.isTTY === true))
    throw fail('PATH_UNREADABLE', { path: '-', problem: 'standard input is a terminal: pipe manifests into it' });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    signal.throwIfAborted();
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    size += bytes.length;
    if (size > maxBytes) throw fail('PATH_UNREADABLE', { path: '-', problem: `it is more than ${maxBytes} bytes` });
    chunks.push(bytes);
  }
  return { name: 'stdin', bytes: Buffer.concat(chunks) };
}
