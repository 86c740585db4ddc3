import { expect, it } from 'vitest';
import type { Service } from '../service.ts';
import { createHealthServer, registerHealth } from './health.ts';
import { createHttpServer } from './server.ts';
import { testPorts } from './test-ports.ts';

function service(name: string, state: { ready?: string; alive?: string }): Service {
  return {
    name,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    notReady: () => state.ready,
    notAlive: () => state.alive,
  };
}

it('probes tell the reasons of the services', async () => {
  const ports = testPorts();
  const { app } = createHttpServer({ ...ports, name: 'x', host: '127.0.0.1', port: 0 });
  const state: { ready?: string; alive?: string } = { ready: 'Redis is away' };
  const silent: Service = { name: 'silent', start: () => Promise.resolve(), stop: () => Promise.resolve() };
  registerHealth(app, { services: [service('queue', state), silent], metrics: ports.metrics });
  for (const path of ['/v1/readiness', '/readyz']) {
    const response = await app.inject(path);
    expect([response.statusCode, response.body]).toEqual([503, 'queue: Redis is away']);
  }
  for (const path of ['/v1/liveness', '/livez']) expect((await app.inject(path)).statusCode).toBe(200);
  delete state.ready;
  expect((await app.inject('/v1/readiness')).statusCode).toBe(200);
  state.alive = 'the worker is stuck';
  expect((await app.inject('/livez')).body).toBe('queue: the worker is stuck');
});

it('the readiness probe also tells what is worth knowing of a service that is ready', async () => {
  const ports = testPorts();
  const { app } = createHttpServer({ ...ports, name: 'x', host: '127.0.0.1', port: 0 });
  const gateway: Service = { ...service('gateway', {}), remarks: () => ['no link to the master'] };
  registerHealth(app, { services: [gateway], metrics: ports.metrics });
  const response = await app.inject('/v1/readiness');
  expect([response.statusCode, response.body]).toEqual([200, 'gateway: no link to the master']);
  expect((await app.inject('/livez')).body).toBe('');
});

it('metrics are Prometheus text', async () => {
  const ports = testPorts();
  ports.metrics.counter({ name: 'kso_x_total', help: 'X.' }).inc();
  const { app } = createHttpServer({ ...ports, name: 'x', host: '127.0.0.1', port: 0 });
  registerHealth(app, { services: [], metrics: ports.metrics });
  const response = await app.inject('/metrics');
  expect(response.headers['content-type']).toContain('version=0.0.4');
  expect(response.body).toContain('kso_x_total 1');
});

it('the health listener starts and stops', async () => {
  const health = createHealthServer({ ...testPorts(), host: '127.0.0.1', port: 0, services: [] });
  await health.start();
  await health.stop();
  await health.stop();
  expect(health.name).toBe('health');
});
