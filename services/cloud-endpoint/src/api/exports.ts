import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ClusterKey } from './clusters.ts';
import { type Columns, csv } from './csv.ts';
import { cycloneDx } from './cyclonedx.ts';
import type { ImageQueries } from './images.ts';
import type { Vulnerability, Workload } from './model.ts';
import { readQuery, VulnerabilityQuery, WorkloadQuery } from './query.ts';
import { sarif } from './sarif.ts';
import type { WorkloadQueries } from './workloads.ts';

/** Filters as of the lists; without paging, all of it. */
export const PostureExportQuery = WorkloadQuery.omit({ limit: true, after: true }).extend({
  status: z.enum(['failed', 'notEvaluated', 'all']).default('all'),
  format: z.enum(['csv', 'json', 'sarif']).default('csv'),
});
export const VulnerabilityExportQuery = VulnerabilityQuery.omit({ limit: true, after: true }).extend({
  format: z.enum(['csv', 'json', 'cyclonedx']).default('csv'),
});

export const exportPaths = {
  '/api/clusters/{cluster}/exports/posture': PostureExportQuery,
  '/api/clusters/{cluster}/exports/vulnerabilities': VulnerabilityExportQuery,
} as const;

type WorkloadItem = z.output<typeof Workload>;
type VulnerabilityItem = z.output<typeof Vulnerability>;

const pageSize = 500;
const mediaTypes = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  sarif: 'application/sarif+json',
  cyclonedx: 'application/vnd.cyclonedx+json; version=1.6',
};
const endings = { csv: 'csv', json: 'json', sarif: 'sarif', cyclonedx: 'cdx.json' };

export interface ExportOptions {
  readonly clusterOf: (request: FastifyRequest) => ClusterKey;
  readonly workloads: WorkloadQueries;
  readonly images: ImageQueries;
}

/** Whole lists as files, read and sent page by page: their size costs no memory. */
export function registerExports(app: FastifyInstance, { clusterOf, workloads, images }: ExportOptions): void {
  app.get('/api/clusters/:cluster/exports/posture', (request, reply) => {
    const cluster = clusterOf(request);
    const { format, ...filters } = readQuery(PostureExportQuery, request.query);
    const items = allPages((after) => workloads.list(cluster, { ...filters, limit: pageSize, after }));
    const text = {
      csv: () => csv(postureColumns, withControls(items)),
      json: () => jsonArray(items),
      sarif: () => sarif(items),
    }[format]();
    return sendFile(reply, text, { cluster, what: 'posture', format });
  });
  app.get('/api/clusters/:cluster/exports/vulnerabilities', (request, reply) => {
    const cluster = clusterOf(request);
    const { format, ...filters } = readQuery(VulnerabilityExportQuery, request.query);
    const items = allPages((after) => images.vulnerabilities(cluster, { ...filters, limit: pageSize, after }));
    const text = {
      csv: () => csv(vulnerabilityColumns, items),
      json: () => jsonArray(items),
      cyclonedx: () => cycloneDx(cluster.name, items),
    }[format]();
    return sendFile(reply, text, { cluster, what: 'vulnerabilities', format });
  });
}

function sendFile(
  reply: FastifyReply,
  text: Iterable<string>,
  file: { readonly cluster: ClusterKey; readonly what: string; readonly format: keyof typeof mediaTypes },
): FastifyReply {
  // A cluster's name is made of word characters and dashes.
  const name = `${file.cluster.name}-${file.what}.${endings[file.format]}`;
  return reply
    .type(mediaTypes[file.format])
    .header('content-disposition', `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`)
    .send(Readable.from(text));
}

function* allPages<T>(read: (after: string | undefined) => { items: T[]; next?: string }): Generator<T> {
  let after: string | undefined;
  do {
    const { items, next } = read(after);
    yield* items;
    after = next;
  } while (after !== undefined);
}

function* jsonArray(items: Iterable<object>): Generator<string> {
  let separator = '[\n';
  for (const item of items) {
    yield separator + JSON.stringify(item);
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

type ControlItem = WorkloadItem['controls'][number];

/** A line for each control of an object that did not simply pass. */
const postureColumns: Columns<WorkloadItem & { readonly control: ControlItem }> = {
  namespace: ({ namespace }) => namespace,
  kind: ({ kind }) => kind,
  name: ({ name }) => name,
  controlId: ({ control }) => control.controlId,
  control: ({ control }) => control.name,
  severity: ({ control }) => control.severity,
  status: ({ control }) => control.status,
  subStatus: ({ control }) => control.subStatus ?? '',
  firstSeen: ({ control }) => control.firstSeen,
  lastSeen: ({ control }) => control.lastSeen,
  messages: ({ control }) => control.messages.join('; '),
  paths: ({ control }) =>
    control.paths.map(({ path, value }) => (value === undefined ? path : `${path}=${value}`)).join('; '),
  exceptions: ({ control }) => control.exceptions.map(({ name }) => name).join('; '),
  source: ({ source = '' }) => source,
};

function* withControls(items: Iterable<WorkloadItem>) {
  for (const item of items) for (const control of item.controls) yield { ...item, control };
}

const vulnerabilityColumns: Columns<VulnerabilityItem> = {
  vulnerability: ({ name }) => name,
  severity: ({ severity }) => severity,
  package: (item) => item.package,
  version: ({ version }) => version,
  packageType: ({ packageType }) => packageType,
  fixState: ({ fixState }) => fixState,
  fixedIn: ({ fixedIn }) => fixedIn,
  accepted: ({ isAccepted }) => String(isAccepted),
  image: ({ image }) => image.reference,
  digest: ({ image }) => image.key,
  firstSeen: ({ firstSeen }) => firstSeen,
  link: ({ link }) => link,
};
