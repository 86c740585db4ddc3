import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BasePorts, describeError, type HttpClient, type Secret } from '@kso/kit';
import { z } from 'zod';
import type { ExceptionDocument } from './sources.ts';

export interface EndpointOptions extends Pick<BasePorts, 'clock' | 'logger'> {
  /** Address of the CloudEndpoint's API. Asked for each request: a backend can move. */
  readonly url: () => string | undefined;
  readonly http: HttpClient;
  /** Empty: of an installation that is not registered. */
  readonly account: string;
  readonly accessKey?: Secret | undefined;
  /** For the copy of its last answer. */
  readonly directory: string;
}

/** Exceptions that a CloudEndpoint keeps. Undefined when it keeps none, or its address is not known. */
export type AskEndpoint = (signal: AbortSignal) => Promise<ExceptionDocument | undefined>;

const path = '/api/v1/armoVulnerabilityExceptions';
/** What stands for an installation that is not registered. */
const placeholderAccount = '11111111-1111-1111-1111-111111111111';
const timeoutMs = 15_000;
const maxBytes = 32 * 1024 * 1024;
const absentStatuses = new Set([404, 405, 501]);
const base = { type: 'policies', source: 'account', origin: 'the CloudEndpoint' } as const;
const Copy = z.object({ readAt: z.number(), value: z.unknown() });

/**
 * Asks for the exceptions of the whole account at once (kubevuln.md 9.1); which of them are about an image is decided here. When the
 * endpoint does not answer, its last answer counts: a finding that was accepted must not come back because a backend is away.
 */
export function createExceptionEndpoint(options: EndpointOptions): AskEndpoint {
  const file = join(options.directory, 'vulnerability-exceptions.json');
  return async (signal) => {
    const url = options.url();
    if (url === undefined) return undefined;
    try {
      const answer = await get(options, url, signal);
      if (answer === undefined) return undefined;
      await keepCopy(options, file, answer.value);
      return { ...base, ...answer };
    } catch (error) {
      const problem = describeError(error);
      const copy = await readCopy(file);
      if (copy === undefined) return { ...base, problem };
      const degraded = `${problem}; the answer of ${new Date(copy.readAt).toISOString()} counts`;
      return { ...base, value: copy.value, degraded };
    }
  };
}

/** @throws anything that keeps the exceptions from being known */
async function get(
  { http, account, accessKey }: EndpointOptions,
  url: string,
  signal: AbortSignal,
): Promise<{ value: unknown } | undefined> {
  const address = new URL(url.replace(/\/+$/, '') + path);
  address.searchParams.set('customerGUID', account === '' ? placeholderAccount : account);
  const { statusCode, body } = await http.request(address, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    headers: { accept: 'application/json', ...(accessKey === undefined ? {} : { 'x-api-key': accessKey.reveal() }) },
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  if (absentStatuses.has(statusCode)) return undefined;
  if (statusCode < 200 || statusCode > 299) throw new Error(`HTTP ${statusCode}`);
  return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
}

async function readCopy(file: string): Promise<z.infer<typeof Copy> | undefined> {
  try {
    return Copy.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // There is none, or it was cut off: the same to whoever asks.
    return undefined;
  }
}

async function keepCopy({ directory, clock, logger }: EndpointOptions, file: string, value: unknown): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const partial = `${file}.partial`;
    await writeFile(partial, JSON.stringify({ readAt: clock.now(), value }), { mode: 0o600 });
    await rename(partial, file);
  } catch (error) {
    logger.warn({ err: error }, 'a copy of the exceptions could not be kept');
  }
}
