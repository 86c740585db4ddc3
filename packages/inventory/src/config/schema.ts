import { secret } from '@kso/kit';
import { z } from 'zod';

const text = (initial = '') => z.coerce.string().default(initial);
const flag = (initial: boolean) => z.boolean().default(initial);
const seconds = (initial: number) => z.number().positive().max(2_000_000).default(initial);
const count = (initial: number) => z.number().int().min(0).default(initial);
const names = () => z.array(z.string()).default([]);
const password = () => secret().prefault('');

const metadata = () =>
  z.object({ 'include-annotations': names(), 'include-labels': names(), disable: flag(false) }).prefault({});

const AccountRoute = z.object({
  user: z.string().default(''),
  password: password(),
  namespaces: z.array(z.string()).default([]),
});

/**
 * All keys, in the spelling of KAI's and k8s-inventory's files (docs/inventory.md). The names of variables are made from it:
 * `ANCHORE_K8S_INVENTORY_` or `KAI_` and the key with `.` and `-` as `_`.
 */
export const inventorySchema = z.object({
  quiet: flag(false),
  log: z
    .object({
      structured: flag(false),
      level: z.enum(['', 'panic', 'fatal', 'error', 'warn', 'warning', 'info', 'debug', 'trace']).default(''),
      file: text(),
    })
    .prefault({}),
  output: z.enum(['json', 'table', 'ndjson']).default('json'),
  format: z.enum(['kai', 'k8s-inventory', 'both']).default('k8s-inventory'),
  kubeconfig: z
    .object({
      path: text(),
      context: text(),
      cluster: text(),
      'cluster-cert': text(),
      server: text(),
      user: z
        .object({
          type: z.enum(['private_key', 'token']).default('private_key'),
          'client-cert': text(),
          'private-key': password(),
          token: password(),
        })
        .prefault({}),
    })
    .prefault({}),
  'namespace-selectors': z
    .object({ include: names(), exclude: names(), labels: text(), 'ignore-empty': flag(false) })
    .prefault({}),
  kubernetes: z
    .object({
      'request-timeout-seconds': seconds(60),
      'request-batch-size': z.number().int().positive().max(10_000).default(100),
      'worker-pool-size': z.number().int().positive().max(1000).default(100),
    })
    .prefault({}),
  mode: z
    .string()
    .transform((mode) => mode.toLowerCase())
    .pipe(z.enum(['adhoc', 'periodic']))
    .default('adhoc'),
  'polling-interval-seconds': seconds(300),
  'health-report-interval-seconds': z.number().min(30).max(600).default(60),
  'ignore-not-running': flag(true),
  'missing-registry-override': text(),
  'missing-tag-policy': z
    .object({ policy: z.enum(['digest', 'insert', 'drop']).default('digest'), tag: text('UNKNOWN') })
    .prefault({}),
  'account-routes': z.record(z.string(), AccountRoute).default({}),
  'account-route-by-namespace-label': z
    .object({ key: text(), 'default-account': text(), 'ignore-missing-label': flag(false) })
    .prefault({}),
  'inventory-report-limits': z.object({ namespaces: count(0), 'payload-threshold-bytes': count(0) }).prefault({}),
  'metadata-collection': z.object({ nodes: metadata(), namespaces: metadata(), pods: metadata() }).prefault({}),
  'anchore-registration': z
    .object({ 'registration-id': text(), 'integration-name': text(), 'integration-description': text() })
    .prefault({}),
  anchore: z
    .object({
      url: text(),
      user: text(),
      password: password(),
      // Charts write an empty one.
      account: z.coerce
        .string()
        .transform((account) => account || 'admin')
        .default('admin'),
      http: z
        .object({
          insecure: flag(false),
          'timeout-seconds': seconds(10),
          gzip: flag(false),
          'ca-file': text(),
          'client-cert-file': text(),
          'client-key-file': text(),
        })
        .prefault({}),
    })
    .prefault({}),
  /** Parts that could not be read are named in the report under `errors`. */
  'report-gaps': flag(true),
  'verbose-inventory-reports': flag(false),
  /** The agentless form: the newest inventory is answered to holders of the token. */
  pull: z
    .object({ host: text('127.0.0.1'), port: z.number().int().min(-1).max(65_535).default(-1), token: password() })
    .prefault({}),
  /** Probes and metrics in periodic mode; −1 for none. */
  health: z.object({ host: text('127.0.0.1'), port: z.number().int().min(-1).max(65_535).default(-1) }).prefault({}),
});

export type InventoryConfig = z.output<typeof inventorySchema>;
