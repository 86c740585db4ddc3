import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { testPorts } from './http/test-ports.ts';
import { validTraceparent } from './traceparent.ts';
import { noopTracer } from './tracing.ts';
import { startTracing, tracesUrl } from './tracing-start.ts';

const run = promisify(execFile);
const index = fileURLToPath(new URL('./index.ts', import.meta.url));

/** Runs a script in a process of its own and gives what it prints as JSON. */
async function inProcess(script: string, env: Record<string, string> = {}): Promise<unknown> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env['PATH'] ?? '', KSO_LOG_LEVEL: 'silent', ...env },
  });
  return JSON.parse(stdout) as unknown;
}

// Loaded modules of both kinds: Node has no list of ES modules, so every resolution is watched from the start.
const watched = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
const kit = await import(${JSON.stringify(index)});
const packages = () => [...new Set(loaded.flatMap((url) => /node_modules\\/(@opentelemetry\\/|)[^/]+/.test(url) && url.includes('@opentelemetry') ? ['otel'] : []))];
`;

describe('without an endpoint', () => {
  it('no OpenTelemetry package is loaded, not even by metrics, server and main program', async () => {
    const result = await inProcess(`${watched}
      const logger = kit.createLogger({ service: 'x' });
      const tracer = await kit.startTracing({ service: 'x', env: process.env, logger });
      const ports = { logger, metrics: kit.createMetrics(), tracer, clock: kit.systemClock };
      kit.registerProcessMetrics(ports.metrics);
      const server = kit.createHttpServer({ ...ports, name: 'x', host: '127.0.0.1', port: 0 });
      kit.registerHealth(server.app, { services: [], metrics: ports.metrics });
      await server.app.inject('/metrics');
      kit.createHttpClient({ outgoing: kit.readOutgoing({}) });
      console.log(JSON.stringify({ otel: packages(), noop: tracer === kit.noopTracer, some: loaded.length > 50 }));`);
    expect(result).toEqual({ otel: [], noop: true, some: true });
  });

  it('the check would see them', async () => {
    const result = await inProcess(
      `${watched}
      const tracer = await kit.startTracing({ service: 'x', env: process.env, logger: kit.createLogger({ service: 'x' }) });
      await tracer.shutdown();
      console.log(JSON.stringify(packages()));`,
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
    );
    expect(result).toEqual(['otel']);
  });

  it('importing the package loads neither fastify nor undici', async () => {
    const result = await inProcess(`${watched}
      console.log(JSON.stringify(loaded.filter((url) => /node_modules\\/(fastify|undici)\\//.test(url))));`);
    expect(result).toEqual([]);
  });
});

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
}

describe('with an endpoint', () => {
  it('traceparent goes from a request through nested spans to the receiver', async () => {
    const spans: Span[] = [];
    const services = new Set<unknown>();
    const receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as {
          resourceSpans: {
            resource: { attributes: { key: string; value: { stringValue?: string } }[] };
            scopeSpans: { spans: Span[] }[];
          }[];
        };
        for (const resource of body.resourceSpans) {
          services.add(resource.resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue);
          spans.push(...resource.scopeSpans.flatMap((scope) => scope.spans));
        }
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const printed = await inProcess(
      `
      const kit = await import(${JSON.stringify(index)});
      const logger = kit.createLogger({ service: 'x' });
      const tracer = await kit.startTracing({ service: 'operator', env: process.env, logger });
      const ports = { logger, metrics: kit.createMetrics(), tracer, clock: kit.systemClock };
      const { app } = kit.createHttpServer({ ...ports, name: 'x', host: '127.0.0.1', port: 0 });
      app.post('/v1/scan', () => tracer.span('enqueue', { kind: 'producer', attributes: { 'job.kind': 'scan' } }, async () => tracer.current()));
      const headers = { traceparent: '00-${traceId}-b7ad6b7169203331-01' };
      const job = (await app.inject({ method: 'POST', url: '/v1/scan', headers })).body;
      await tracer.span('run', { kind: 'consumer', parent: job }, () => Promise.reject(new Error('boom'))).catch(() => undefined);
      await tracer.span('alone', {}, async () => undefined);
      await tracer.shutdown();
      console.log(JSON.stringify({ job, outside: tracer.current() ?? null }));`,
      { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    );
    await new Promise((resolve) => receiver.close(resolve));

    const byName = Object.fromEntries(spans.map((span) => [span.name, span]));
    expect(Object.keys(byName).sort()).toEqual(['POST /v1/scan', 'alone', 'enqueue', 'run']);
    expect([...services]).toEqual(['operator']);
    const [server, enqueue, worker] = ['POST /v1/scan', 'enqueue', 'run'].map((name) => byName[name]);
    expect([server?.traceId, enqueue?.traceId, worker?.traceId]).toEqual([traceId, traceId, traceId]);
    expect([server?.parentSpanId, enqueue?.parentSpanId, worker?.parentSpanId]).toEqual([
      'b7ad6b7169203331',
      server?.spanId,
      enqueue?.spanId,
    ]);
    expect(byName['alone']?.traceId).not.toBe(traceId);
    expect([worker?.status.code, enqueue?.status.code ?? 0]).toEqual([2, 0]);
    expect(server?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 200 } });
    expect(printed).toEqual({ job: `00-${traceId}-${enqueue?.spanId}-01`, outside: null });
  });

  it('a receiver that is away does not disturb the service', async () => {
    const result = await inProcess(
      `
      const kit = await import(${JSON.stringify(index)});
      const tracer = await kit.startTracing({ service: 'x', env: process.env, logger: kit.createLogger({ service: 'x' }) });
      const value = await tracer.span('work', {}, async () => 7);
      await tracer.shutdown();
      console.log(JSON.stringify(value));`,
      { OTEL_COLLECTOR_SVC: '127.0.0.1:9' },
    );
    expect(result).toBe(7);
  });
});

describe('where spans go', () => {
  it.each([
    [{}, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318/' }, 'http://otel:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/x', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://o' }, 'http://t/x'],
    [{ OTEL_COLLECTOR_SVC: 'otel-collector:4317' }, 'http://otel-collector:4318/v1/traces'],
    [{ OTEL_COLLECTOR_SVC: 'https://otel:4318' }, 'https://otel:4318/v1/traces'],
  ])('%j', (env, url) => expect(tracesUrl(env)).toBe(url));

  it('nowhere when the SDK is disabled', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318', OTEL_SDK_DISABLED: 'true' };
    expect(await startTracing({ service: 'x', env, logger: testPorts().logger })).toBe(noopTracer);
  });
});

it.each([
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', false],
  ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', false],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', false],
  ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', false],
  ['', false],
  [undefined, false],
])('traceparent %j', (value, valid) => expect(validTraceparent(value) !== undefined).toBe(valid));
