import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@kso/kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessControl } from '../access/access-control.ts';
import { requirePerson } from '../access/person.ts';
import { fail } from '../errors.ts';
import { createInventoryQueries, InventoryQuery } from '../inventory/queries.ts';
import { type ClusterKey, createClusterQueries } from './clusters.ts';
import type { EventHub } from './events.ts';
import { registerExports } from './exports.ts';
import { createImageQueries } from './images.ts';
import { createJobQueries } from './jobs.ts';
import { openApiDocument } from './openapi.ts';
import { createPostureQueries } from './posture.ts';
import {
  ImageQuery,
  JobQuery,
  ReceiptQuery,
  RepositoryQuery,
  readQuery,
  TrendQuery,
  VulnerabilityQuery,
  WorkloadQuery,
} from './query.ts';
import { createRegistryQueries } from './registries.ts';
import { createTrendQueries } from './trends.ts';
import { createWorkloadQueries } from './workloads.ts';

export interface ApiOptions {
  readonly sql: DatabaseSync;
  readonly access: AccessControl;
  readonly events: EventHub;
  readonly clock: Clock;
  readonly imageTtlDays: number;
}

/** The own API (docs/reference/cloud-endpoint-api.md): reads only, each account its own clusters. */
export function registerApi(app: FastifyInstance, { sql, access, events, clock, imageTtlDays }: ApiOptions): void {
  const clusters = createClusterQueries(sql);
  const workloads = createWorkloadQueries(sql);
  const images = createImageQueries(sql);
  const jobs = createJobQueries(sql);
  const posture = createPostureQueries(sql);
  const trends = createTrendQueries(sql);
  const registries = createRegistryQueries(sql);
  const inventories = createInventoryQueries(sql, imageTtlDays);

  const clusterOf = (request: FastifyRequest): ClusterKey => {
    const { cluster } = request.params as { cluster: string };
    const found = clusters.find(access.reader(request).account, cluster);
    if (found === undefined) throw fail('CLUSTER_UNKNOWN', { cluster: cluster.slice(0, 100) });
    return found;
  };

  void app.register((scope, _options, done) => {
    requirePerson(scope, access);
    scope.get('/api/clusters', (request) => ({
      isOpen: access.isOpen,
      items: clusters.list(access.reader(request).account),
    }));
    const under = '/api/clusters/:cluster';
    scope.get(`${under}/summary`, (request) => clusters.summary(clusterOf(request)));
    scope.get(`${under}/posture`, (request) => {
      const { id } = clusterOf(request);
      return posture.read(id, clusters.posture(id));
    });
    scope.get(`${under}/trends`, (request) =>
      trends.read(clusterOf(request), readQuery(TrendQuery, request.query), clock.now()),
    );
    scope.get(`${under}/workloads`, (request) =>
      workloads.list(clusterOf(request), readQuery(WorkloadQuery, request.query)),
    );
    scope.get(`${under}/images`, (request) => images.list(clusterOf(request), readQuery(ImageQuery, request.query)));
    scope.get(`${under}/inventory`, (request) =>
      inventories.list(clusterOf(request), readQuery(InventoryQuery, request.query), clock.now()),
    );
    scope.get(`${under}/vulnerabilities`, (request) =>
      images.vulnerabilities(clusterOf(request), readQuery(VulnerabilityQuery, request.query)),
    );
    scope.get(`${under}/jobs`, (request) => jobs.list(clusterOf(request), readQuery(JobQuery, request.query)));
    scope.get(`${under}/jobs/:job/steps`, (request) => {
      const { job } = request.params as { job: string };
      return { items: jobs.steps(clusterOf(request), job) };
    });
    scope.get(`${under}/receipts`, (request) =>
      jobs.receipts(clusterOf(request), readQuery(ReceiptQuery, request.query)),
    );
    registerExports(scope, { clusterOf, workloads, images });
    scope.get('/api/registries', (request) => ({ items: registries.list(access.reader(request).account) }));
    scope.get('/api/registries/repositories', (request) =>
      registries.repositories(access.reader(request).account, readQuery(RepositoryQuery, request.query)),
    );
    scope.get('/api/events', (request, reply) => {
      const stream = events.listen(access.reader(request).account);
      if (stream === undefined) throw fail('TOO_MANY_LISTENERS');
      request.raw.once('close', () => stream.destroy());
      return reply.type('text/event-stream').header('cache-control', 'no-store').send(stream);
    });
    scope.get('/api/openapi.json', () => openApiDocument());
    done();
  });
}
