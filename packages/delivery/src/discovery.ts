import type { HttpClient } from '@kso/kit';
import { z } from 'zod';
import { oneLine } from './outcome.ts';
import { parseTarget } from './request.ts';

/** Addresses that a CloudEndpoint names for its services, as it wrote them. Of these we use what has a field here. */
export interface EndpointServices {
  /** Where reports go. */
  readonly eventReceiver?: string;
  /** Where frameworks, exceptions and control inputs are read. */
  readonly apiServer?: string;
  readonly gateway?: string;
  readonly synchronizer?: string;
}

export type DiscoveryOutcome =
  | { readonly kind: 'found'; readonly services: EndpointServices }
  /** The endpoint has no such route or answers something else: use the configured address. */
  | { readonly kind: 'unsupported'; readonly reason: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

const Document = z.object({ response: z.record(z.string(), z.unknown()) });
const maxBytes = 65_536;

/** Asks `GET /api/v3/servicediscovery` (kubevuln.md 2.3). The names in the answer decide where reports and the key go: ask an address you trust. */
export async function discoverServices(
  url: string,
  options: { readonly http: HttpClient; readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<DiscoveryOutcome> {
  const address = parseTarget(url);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/api/v3/servicediscovery`;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 30_000);
  try {
    const { statusCode, body } = await options.http.request(address, {
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    });
    const text = await readAtMost(body, maxBytes);
    if (statusCode !== 200) return { kind: 'unsupported', reason: `HTTP ${statusCode}` };
    return parse(text);
  } catch (error) {
    return { kind: 'unreachable', reason: oneLine(error instanceof Error ? error.message : String(error), undefined) };
  }
}

function parse(text: string | undefined): DiscoveryOutcome {
  const document = Document.safeParse(text === undefined ? undefined : safeJson(text));
  if (!document.success) return { kind: 'unsupported', reason: 'the answer is not a discovery document' };
  const { response } = document.data;
  const named = (name: string) =>
    typeof response[name] === 'string' && response[name] !== '' ? response[name] : undefined;
  const services = Object.entries({
    eventReceiver: named('event-receiver-http'),
    apiServer: named('api-server'),
    gateway: named('gateway'),
    synchronizer: named('synchronizer'),
  }).filter(([, value]) => value !== undefined);
  return { kind: 'found', services: Object.fromEntries(services) as EndpointServices };
}

async function readAtMost(body: AsyncIterable<Buffer>, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
