import {
  createHttpServer,
  createLogger,
  createMetrics,
  type FastifyInstance,
  noopTracer,
  registerHealth,
  systemClock,
} from '@kso/kit';
import { describe, expect, it } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { startScanner } from '../testing/scanner.ts';
import { openApiDocument } from './openapi.ts';
import { type RoutePorts, registerScanRoutes } from './routes.ts';

const { paths } = openApiDocument() as unknown as {
  paths: Record<string, Record<string, { security: object[] }>>;
};
const documented = Object.entries(paths).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
);

/** Every route of the listener but those that only say 405. */
async function realRoutes(): Promise<string[]> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const base = { logger, metrics: createMetrics(), tracer: noopTracer, clock: systemClock };
  const { app } = createHttpServer({ ...base, name: 'test', host: '127.0.0.1', port: 0 });
  const found: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    if (typeof method === 'string' && method !== 'HEAD') found.push(`${method} ${url}`);
  });
  registerHealth(app, { services: [], metrics: base.metrics });
  app.register(async (inner: FastifyInstance) =>
    registerScanRoutes(inner, { logger, requestMaxBytes: 1 } as RoutePorts),
  );
  await app.ready();
  await app.close();
  return found;
}

describe('the OpenAPI document', () => {
  it('describes every route, and no other', async () => {
    expect(documented.toSorted()).toEqual((await realRoutes()).toSorted());
  });

  it('is true about tokens, and is served', async () => {
    const scanner = await startScanner({ source: fakeSource([]), overrides: { apiToken: 'tea-time' } });
    try {
      for (const [path, operations] of Object.entries(paths))
        for (const [method, { security }] of Object.entries(operations)) {
          const { status } = await scanner.fetch(path, { method: method.toUpperCase() });
          expect([path, method, status === 401]).toEqual([path, method, security.length > 0]);
        }
      expect(await (await scanner.fetch('/openapi.json')).json()).toEqual(
        JSON.parse(JSON.stringify(openApiDocument())),
      );
      expect(await (await scanner.fetch('/openapi/v2/docs')).text()).toContain('/v1/scan');
    } finally {
      await scanner.stop();
    }
  });
});
