import { describeError, type HttpClient } from '@kso/kit';
import type { z } from 'zod';
import { parseJson, readBody } from '../response-body.ts';

export interface TokenPorts {
  readonly http: HttpClient;
  readonly signal: AbortSignal;
}

export interface TokenRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type TokenAnswer<T> =
  | { readonly outcome: 'token'; readonly value: T }
  /** `detail` names the service and its status, never what was sent or answered. */
  | { readonly outcome: 'none'; readonly detail: string };

const maxBytes = 256 * 1024;

/** One request to a token service of a cloud. Redirects are not followed: whoever answers elsewhere is not the service. */
export async function requestToken<T>(
  { http, signal }: TokenPorts,
  url: URL,
  request: TokenRequest,
  shape: z.ZodType<T>,
): Promise<TokenAnswer<T>> {
  const text = await requestText({ http, signal }, url, request);
  if (text.outcome === 'none') return text;
  const parsed = shape.safeParse(parseJson(Buffer.from(text.value)));
  return parsed.success
    ? { outcome: 'token', value: parsed.data }
    : { outcome: 'none', detail: `${url.host}${url.pathname} answered something else` };
}

/** As `requestToken`, for services that answer plain text or XML. */
export async function requestText(
  { http, signal }: TokenPorts,
  url: URL,
  { method = 'GET', headers = {}, body }: TokenRequest,
): Promise<TokenAnswer<string>> {
  const where = `${url.host}${url.pathname}`;
  try {
    const answer = await http.request(url, { method, headers, signal, ...(body === undefined ? {} : { body }) });
    const bytes = await readBody(answer.body, maxBytes);
    if (answer.statusCode !== 200 || bytes === undefined) {
      return { outcome: 'none', detail: `${where} answered HTTP ${answer.statusCode}` };
    }
    return { outcome: 'token', value: bytes.toString('utf8') };
  } catch (error) {
    return { outcome: 'none', detail: `${where}: ${describeError(error)}` };
  }
}

/** Asks one after the other until somebody gives a token; otherwise what each of them said. */
export async function firstToken<T>(attempts: readonly (() => Promise<TokenAnswer<T>>)[]): Promise<TokenAnswer<T>> {
  const details: string[] = [];
  for (const attempt of attempts) {
    const answer = await attempt();
    if (answer.outcome === 'token') return answer;
    details.push(answer.detail);
  }
  return { outcome: 'none', detail: details.join('; ') };
}
