import { byteSize, defineConfig, duration, httpUrl, port, secret } from '@kso/kit';
import { z } from 'zod';

const mebibyte = 1024 * 1024;
const day = 24 * 60 * 60 * 1000;

const schema = z.object({
  host: z.string().default('127.0.0.1'),
  port: port().default(8090),
  /** Probes and metrics when the service is a process of its own. */
  healthPort: port().default(8000),
  tls: z.object({ certFile: z.string(), keyFile: z.string() }).optional(),
  /** Folder of the database; without one everything is kept in memory and gone after a restart. */
  dataDir: z.string().optional(),
  /** How senders reach us, for service discovery; by default the address they asked. */
  publicUrl: httpUrl().optional(),
  /** Named in service discovery as the master gateway. */
  gatewayUrl: z.string().optional(),
  /** The one account of a small installation; more of them in `accounts`. With none only this machine is answered. */
  account: z.string().min(1).optional(),
  accessKey: secret().optional(),
  accounts: z.array(z.object({ id: z.string().min(1), accessKey: secret() })).default([]),
  /** The master gateway, as we reach it; without it no commands can be sent to clusters. */
  commands: z
    .object({
      /** Its REST side, e.g. `http://gateway:8002`. */
      gatewayUrl: httpUrl().optional(),
      /** Shown to it as `X-API-KEY`. */
      key: secret().optional(),
      /** A file with a token that it checks; read again when it is renewed. */
      tokenFile: z.string().optional(),
    })
    .prefault({}),
  limits: z
    .object({
      /** One report, after decompression. */
      report: byteSize().default(50 * mebibyte),
      /** Reports that have come and are not stored yet, all together; beyond it senders get 429. */
      backlog: byteSize().default(256 * mebibyte),
    })
    .prefault({}),
  retention: z
    .object({
      /** All kinds of history that have no time of their own below; the latest state is always kept. */
      history: duration().default(90 * day),
      /** What failed or was fixed when. */
      changes: duration().optional(),
      /** Scores and counts, for trends. */
      scores: duration().optional(),
      jobs: duration().optional(),
      /** Which reports came, in how many parts. */
      reports: duration().optional(),
      /** How long a repeated report is recognised. Longer than senders remember theirs. */
      receipts: duration().default(30 * day),
    })
    .prefault({}),
  inventory: z
    .object({
      /** Days after which an image that inventories do not name any more is gone; −1 shows what the newest report holds. */
      imageTtlDays: z.number().int().min(-1).default(120),
    })
    .prefault({}),
});

/** Configuration of the cloud-endpoint (docs/reference/cloud-endpoint-api.md). Variables: `KSO_CLOUD_ENDPOINT_…`. */
export const cloudEndpointConfig = defineConfig({
  service: 'cloud-endpoint',
  prefix: 'KSO_CLOUD_ENDPOINT',
  schema: schema.refine((config) => (config.account === undefined) === (config.accessKey === undefined), {
    message: 'account and accessKey belong together',
    path: ['accessKey'],
  }),
});

export type CloudEndpointConfig = z.output<typeof schema>;
