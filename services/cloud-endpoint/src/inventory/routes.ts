import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@kso/kit';
import type { FastifyInstance } from 'fastify';
import type { AccessControl } from '../access/access-control.ts';
import { requirePerson } from '../access/person.ts';
import { ownerOf } from './owner.ts';
import { createInventoryQueries } from './queries.ts';

export interface InventoryRouteOptions {
  readonly sql: DatabaseSync;
  readonly access: AccessControl;
  readonly clock: Clock;
  readonly imageTtlDays: number;
}

/** As which release of Anchore's API collectors see us: from 5.11 on they register and report their health. */
const compatibleVersion = { service: { version: '5.11.0' }, api: { version: '2' }, db: { schema_version: '5110' } };

/** What Anchore's tools read: the version without a key, and the images in use. */
export function registerInventoryReading(app: FastifyInstance, options: InventoryRouteOptions): void {
  const { access, clock } = options;
  const queries = createInventoryQueries(options.sql, options.imageTtlDays);
  app.get('/version', () => compatibleVersion);
  void app.register((scope, _options, done) => {
    requirePerson(scope, access);
    scope.get('/v1/enterprise/inventories', (request) => {
      const { account } = access.reader(request);
      return queries.all(account, ownerOf(request, account), clock.now());
    });
    scope.get('/api/inventory/agents', (request) => queries.agents(access.reader(request).account));
    done();
  });
}
