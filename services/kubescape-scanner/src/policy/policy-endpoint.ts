import { describeError, type HttpClient, type Secret } from '@kso/kit';

export type EndpointAnswer =
  | { readonly type: 'found'; readonly document: unknown }
  /** It keeps no such documents. */
  | { readonly type: 'absent' }
  | { readonly type: 'failed'; readonly problem: string };

/** A CloudEndpoint from which policy is read (scanner.md 21). */
export interface PolicyEndpoint {
  /** `path` such as `/api/v1/controlExceptions`. Never throws. */
  get(path: string, signal: AbortSignal): Promise<EndpointAnswer>;
}

export interface PolicyEndpointOptions {
  /** Asked for each request: a backend can move. Undefined while it is not known where it is. */
  readonly url: () => string | undefined;
  readonly http: HttpClient;
  readonly account?: string | undefined;
  readonly accessKey?: Secret | undefined;
}

const timeoutMs = 15_000;
const maxBytes = 32 * 1024 * 1024;
/** What stands for an installation that is not registered. */
const placeholderAccount = '11111111-1111-1111-1111-111111111111';
const absentStatuses = new Set([404, 405, 501]);

export function createPolicyEndpoint({ url, http, account, accessKey }: PolicyEndpointOptions): PolicyEndpoint {
  return {
    get: async (path, signal) => {
      const base = url();
      if (base === undefined) return { type: 'failed', problem: 'its address is not known yet' };
      try {
        const address = new URL(base.replace(/\/+$/, '') + path);
        address.searchParams.set('customerGUID', account ?? placeholderAccount);
        const { statusCode, body } = await http.request(address, {
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
          headers: {
            accept: 'application/json',
            ...(accessKey === undefined ? {} : { 'x-api-key': accessKey.reveal() }),
          },
        });
        const text = await readAtMost(body);
        if (absentStatuses.has(statusCode)) return { type: 'absent' };
        if (statusCode !== 200) return { type: 'failed', problem: `HTTP ${statusCode}` };
        if (text === undefined) return { type: 'failed', problem: `the answer is larger than ${maxBytes} bytes` };
        return { type: 'found', document: JSON.parse(text) as unknown };
      } catch (error) {
        return { type: 'failed', problem: describeError(error) };
      }
    },
  };
}

async function readAtMost(body: AsyncIterable<Buffer>): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
