import type { DatabaseSync } from 'node:sqlite';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessControl } from '../access/access-control.ts';
import { fail } from '../errors.ts';
import { type ClusterKey, createClusterQueries } from './clusters.ts';
import type { EventHub } from './events.ts';
import { createImageQueries } from './images.ts';
import { createJobQueries } from './jobs.ts';
import { openApiDocument } from './openapi.ts';
import { ImageQuery, JobQuery, ReceiptQuery, readQuery, VulnerabilityQuery, WorkloadQuery } from './query.ts';
import { createWorkloadQueries } from './workloads.ts';

export interface ApiOptions {
  readonly sql: DatabaseSync;
  readonly access: AccessControl;
  readonly events: EventHub;
}

/** The own API (docs/reference/cloud-endpoint-api.md): reads only, each account its own clusters. */
export function registerApi(app: FastifyInstance, { sql, access, events }: ApiOptions): void {
  const clusters = createClusterQueries(sql);
  const workloads = createWorkloadQueries(sql);
  const images = createImageQueries(sql);
  const jobs = createJobQueries(sql);

  const clusterOf = (request: FastifyRequest): ClusterKey => {
    const { cluster } = request.params as { cluster: string };
    const found = clusters.find(access.reader(request).account, cluster);
    if (found === undefined) throw fail('CLUSTER_UNKNOWN', { cluster: cluster.slice(0, 100) });
    return found;
  };

  void app.register((scope, _options, done) => {
    scope.addHook('onRequest', (request, reply, next) => {
      if (!access.isOpen) void reply.header('www-authenticate', 'Basic realm="cloud-endpoint", charset="UTF-8"');
      access.reader(request);
      void reply.removeHeader('www-authenticate').header('cache-control', 'no-store');
      next();
    });
    scope.get('/api/clusters', (request) => ({
      isOpen: access.isOpen,
      items: clusters.list(access.reader(request).account),
    }));
    const under = '/api/clusters/:cluster';
    scope.get(`${under}/summary`, (request) => clusters.summary(clusterOf(request)));
    scope.get(`${under}/workloads`, (request) =>
      workloads.list(clusterOf(request), readQuery(WorkloadQuery, request.query)),
    );
    scope.get(`${under}/images`, (request) => images.list(clusterOf(request), readQuery(ImageQuery, request.query)));
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
