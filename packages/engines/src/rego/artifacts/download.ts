import { createHttpClient, describeError, type HttpClient, readOutgoing } from '@kso/kit';
import type { Degradation } from '@kso/wire';
import { DownloadCache, type KeptFile } from './download-cache.ts';
import { releaseFiles } from './files.ts';
import { artifactLimits } from './limits.ts';

export interface DownloadOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly http?: HttpClient | undefined;
  readonly cacheDirectory: string;
  readonly signal?: AbortSignal | undefined;
}

export type Downloaded =
  | {
      readonly ok: true;
      readonly source: string;
      readonly files: ReadonlyMap<string, string>;
      readonly problems: readonly Degradation[];
    }
  | { readonly ok: false; readonly problem: string };

const deadlineMs = 120_000;
const maxRedirects = 5;
const required: readonly string[] = [releaseFiles.rules, releaseFiles.controls];

/**
 * Downloads the files of a release, or one document. What was downloaded before is asked for by its ETag, and stands in, with a
 * notice, when the server cannot be reached.
 */
export async function downloadArtifacts(url: URL, options: DownloadOptions): Promise<Downloaded> {
  const http = options.http ?? createHttpClient({ outgoing: readOutgoing(options.env) });
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
  const source = withoutCredentials(url).href;
  const run: Run = { http, signal, cache: new DownloadCache(options.cacheDirectory), problems: [], files: new Map() };
  try {
    const isDocument = url.pathname.toLowerCase().endsWith('.json');
    for (const name of isDocument ? [undefined] : Object.values(releaseFiles)) {
      const problem = await addFile(run, name === undefined ? url : below(url, name), name);
      if (problem !== undefined) return { ok: false, problem: `${source}: ${problem}` };
    }
    return { ok: true, source, files: run.files, problems: run.problems };
  } finally {
    if (options.http === undefined) await http.close();
  }
}

interface Run {
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  readonly cache: DownloadCache;
  readonly problems: Degradation[];
  readonly files: Map<string, string>;
}

/** Undefined when there is nothing to complain of. */
async function addFile(run: Run, url: URL, name: string | undefined): Promise<string | undefined> {
  const kept = await run.cache.get(withoutCredentials(url).href);
  const answer = await fetchFile(run, url, kept?.etag);
  const what = name ?? 'the document';
  switch (answer.outcome) {
    case 'body':
      run.files.set(name ?? 'document.json', answer.body.toString('utf8'));
      await run.cache.put(withoutCredentials(url).href, { body: answer.body, etag: answer.etag });
      return sizeProblem(run.files);
    case 'same':
      if (kept !== undefined) run.files.set(name ?? 'document.json', kept.body.toString('utf8'));
      return sizeProblem(run.files);
    case 'absent':
      return name === undefined || required.includes(name) ? `${what} is not there` : undefined;
    default:
      return useKept(run, name, kept, answer.problem);
  }
}

function useKept(run: Run, name: string | undefined, kept: KeptFile | undefined, problem: string): string | undefined {
  const what = name ?? 'the document';
  // An optional file may have been absent for ever; without the required ones there is nothing to go on with.
  if (kept === undefined && name !== undefined && !required.includes(name)) {
    run.problems.push({ component: `policy file ${what}`, reason: problem });
    return undefined;
  }
  if (kept === undefined) return `${what} cannot be downloaded: ${problem}`;
  run.files.set(name ?? 'document.json', kept.body.toString('utf8'));
  run.problems.push({
    component: `policy file ${what}`,
    reason: `${problem}; the copy of ${new Date(kept.savedAt).toISOString()} is used`,
  });
  return undefined;
}

function sizeProblem(files: ReadonlyMap<string, string>): string | undefined {
  const total = files.values().reduce((sum, text) => sum + text.length, 0);
  return total > artifactLimits.totalBytes ? 'its files are larger than 128 MiB together' : undefined;
}

type Answer =
  | { readonly outcome: 'body'; readonly body: Buffer; readonly etag: string | undefined }
  | { readonly outcome: 'same' | 'absent' }
  | { readonly outcome: 'failed'; readonly problem: string };

/** Follows redirects itself: to where, and with which headers, is not left to a library. */
async function fetchFile({ http, signal }: Run, start: URL, etag: string | undefined): Promise<Answer> {
  const credentials = basicCredentials(start);
  let url = withoutCredentials(start);
  try {
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const headers = {
        'user-agent': 'kso',
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        // Never to another host than the one that they were given for.
        ...(credentials === undefined || url.origin !== start.origin ? {} : { authorization: credentials }),
      };
      const answer = await answerOf(await http.request(url, { headers, signal }), url);
      if (answer.outcome !== 'elsewhere') return answer;
      url = answer.url;
    }
    return failedBy('it was redirected too often');
  } catch (error) {
    return failedBy(describeError(error));
  }
}

type Response = Awaited<ReturnType<HttpClient['request']>>;

async function answerOf(response: Response, url: URL): Promise<Answer | { outcome: 'elsewhere'; url: URL }> {
  const { statusCode, headers, body } = response;
  if (statusCode === 200) {
    const content = await readBody(body);
    const etag = headers['etag'];
    if (content === undefined) return failedBy('it is larger than 32 MiB');
    return { outcome: 'body', body: content, etag: typeof etag === 'string' ? etag : undefined };
  }
  await body.dump();
  if (statusCode === 304) return { outcome: 'same' };
  if (statusCode === 404 || statusCode === 410) return { outcome: 'absent' };
  const location = headers['location'];
  if (statusCode < 300 || statusCode >= 400 || typeof location !== 'string') {
    return failedBy(`the server answered ${statusCode}`);
  }
  const next = URL.parse(location, url.href);
  if (next === null || !isAllowed(url, next)) return failedBy('it was redirected to something that is refused');
  return { outcome: 'elsewhere', url: withoutCredentials(next) };
}

function failedBy(problem: string): Answer {
  return { outcome: 'failed', problem };
}

async function readBody(body: AsyncIterable<Uint8Array> & { destroy(): unknown }): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > artifactLimits.fileBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Encryption is not given up on the way. */
function isAllowed(from: URL, to: URL): boolean {
  return to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:');
}

function below(url: URL, name: string): URL {
  const made = new URL(url);
  made.pathname = `${url.pathname.replace(/\/+$/, '')}/${name}`;
  return made;
}

function withoutCredentials(url: URL): URL {
  const made = new URL(url);
  made.username = '';
  made.password = '';
  return made;
}

function basicCredentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(plain).toString('base64')}`;
}
