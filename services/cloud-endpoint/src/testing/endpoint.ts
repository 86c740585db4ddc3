import { gzipSync } from 'node:zlib';
import { type Clock, createLogger, createMetrics, noopTracer } from '@kso/kit';
import { type CloudEndpoint, type CloudEndpointPorts, cloudEndpointConfig, createCloudEndpoint } from '../service.ts';

export interface PostOptions {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly gzip?: boolean;
}

/** An endpoint that keeps everything in memory and is spoken to without sockets. Close it with `stop`. */
export function startTestEndpoint(config: object = {}, over: Partial<CloudEndpointPorts> = {}) {
  let now = Date.parse('2026-11-30T12:00:00Z');
  const clock: Clock = {
    now: () => now,
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
  };
  const metrics = createMetrics();
  const ports = {
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics,
    tracer: noopTracer,
    clock,
    ...over,
  };
  const endpoint: CloudEndpoint = createCloudEndpoint(cloudEndpointConfig.schema.parse({ port: 0, ...config }), ports);
  const { app } = endpoint;

  const post = async (path: string, body: unknown, options: PostOptions = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await app.inject({
      method: 'POST',
      url: path,
      payload: options.gzip === true ? gzipSync(text) : text,
      headers: {
        'content-type': 'application/json',
        ...(options.gzip === true ? { 'content-encoding': 'gzip' } : {}),
        ...(options.key === undefined ? {} : { 'idempotency-key': options.key }),
        ...options.headers,
      },
    });
    return { status: response.statusCode, body: response.body, headers: response.headers };
  };
  const get = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await app.inject({ method: 'GET', url: path, headers });
    return { status: response.statusCode, text: response.body, headers: response.headers };
  };
  const send = async (
    method: 'PUT' | 'DELETE' | 'POST',
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await app.inject({ method, url: path, ...payload, headers: { ...type, ...headers } });
    const text = response.body;
    return {
      status: response.statusCode,
      text,
      body: (text.startsWith('{') ? JSON.parse(text) : undefined) as unknown,
    };
  };
  return {
    endpoint,
    send,
    metrics,
    post,
    get,
    setTime: (at: string) => {
      now = Date.parse(at);
    },
    stop: () => endpoint.stop(),
  };
}
