import { byteSize, defineConfig, duration, hostPort, httpUrl, port, secret } from '@kso/kit';
import { z } from 'zod';

const mebibyte = 1024 * 1024;

const schema = z.object({
  host: z.string().default('127.0.0.1'),
  port: port().default(8080),
  tls: z.object({ certFile: z.string(), keyFile: z.string() }).optional(),
  /** Bearer token for `/v1/…`; without one they are open. */
  apiToken: secret().optional(),
  /** Folder for results and, in a process of its own, for the database. */
  dataDir: z.string().default('./data'),
  clusterName: z.string().default(''),
  source: z
    .object({
      type: z.enum(['cluster', 'manifests']).default('cluster'),
      /** Folder or file, or several, for manifests. */
      path: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
      kubeconfig: z.string().optional(),
      context: z.string().optional(),
    })
    .prefault({})
    .refine(({ type, path }) => type === 'cluster' || path !== undefined, {
      message: 'a source of manifests needs a path',
      path: ['path'],
    }),
  queue: z
    .object({
      /** Scans that may wait; more are answered with 429. */
      capacity: z.coerce.number().int().positive().default(10),
    })
    .prefault({}),
  /** Bytes of the body of `POST /v1/scan`. */
  requestMaxBytes: byteSize().default(mebibyte),
  /** Telling a client that its scan has ended, by the `callback` of its request. */
  callback: z
    .object({
      enabled: z.boolean().default(false),
      /** Ranges inside of the cluster that may be called; setting some enables callbacks. */
      allowedCidrs: z.array(z.string()).default([]),
    })
    .prefault({}),
  /** Of kubevuln, for the controls about vulnerable images, e.g. `http://kubevuln:8080`; without it they are not evaluated. */
  kubevulnUrl: httpUrl().optional(),
  /** Where exceptions, control inputs, frameworks and attack tracks are from, besides the built-in ones. */
  policy: z
    .object({
      /** Files, e.g. of mounted ConfigMaps; they count before the CloudEndpoint and are read again when they change. */
      exceptions: z.string().optional(),
      controlInputs: z.string().optional(),
      attackTracks: z.string().optional(),
      frameworks: z.array(z.string()).default([]),
      /** Artifacts of the existing product, a folder, a file or a URL: their controls in Rego take the place of ours. */
      artifacts: z.string().optional(),
      /** Folder with a rule in Rego in each `.rego` file. */
      customRules: z.string().optional(),
      /** The API of a CloudEndpoint; by default where reports go. */
      url: httpUrl().optional(),
      /** Ask the CloudEndpoint at all. */
      fromEndpoint: z.boolean().default(true),
      /** Count the SecurityException objects of the cluster; where they may not be read, scans are degraded. */
      fromObjects: z.boolean().default(true),
      /** Count the ControlInput object of the cluster; where the kind is served and may not be read, scans are degraded. */
      inputsFromObjects: z.boolean().default(true),
      /** Between two readings. */
      refresh: duration().default(60_000),
      /** Between two readings of artifacts from a URL. */
      artifactsRefresh: duration().default(60 * 60_000),
    })
    .prefault({}),
  /** No CloudEndpoint and no downloads; results are found without an id. */
  offline: z.boolean().default(false),
  /** For scans that name none. */
  includeNamespaces: z.array(z.string()).default([]),
  excludeNamespaces: z.array(z.string()).default([]),
  /** Reports and failures that are kept for `GET /v1/results` when nobody fetches them. */
  keepResults: z.coerce.number().int().positive().default(20),
  continuous: z
    .object({
      /** Evaluate and report changes as they come, not only when a scan asks. */
      enabled: z.boolean().default(true),
      /** How long changes are collected before they are evaluated. */
      settle: duration().default(20),
      /** How long to wait after the store has refused results. */
      retry: duration().default(1000),
    })
    .prefault({}),
  report: z
    .object({
      /** Send reports to the CloudEndpoint. */
      submit: z.boolean().default(true),
      /** Send nothing at all, whatever else is set. */
      keepLocal: z.boolean().default(false),
      /** Bytes of one part. */
      partSize: byteSize().default(2 * mebibyte),
      account: z.string().optional(),
      accessKey: secret().optional(),
      /** Where the parts are posted to when the scanner runs as a process of its own. */
      url: httpUrl().optional(),
    })
    .prefault({}),
  /** Redis of the queue, for a process of its own; without it the queue is in this process. */
  redis: z.object({ address: hostPort(), username: z.string().optional(), password: secret().optional() }).optional(),
  healthPort: port().default(8000),
});

/** Configuration of the scanner. Variables: `KSO_SCANNER_…`, and those of the existing product (scanner.md 3.1). */
export const scannerConfig = defineConfig({
  service: 'kubescape-scanner',
  prefix: 'KSO_SCANNER',
  schema,
  aliases: {
    port: ['KS_PORT'],
    'tls.certFile': ['KS_CERT_FILE'],
    'tls.keyFile': ['KS_KEY_FILE'],
    apiToken: ['KS_API_TOKEN'],
    clusterName: ['CLUSTER_NAME'],
    'source.context': ['KS_CONTEXT'],
    'queue.capacity': ['KS_SCAN_QUEUE_CAPACITY'],
    requestMaxBytes: ['KS_SCAN_REQUEST_MAX_BYTES'],
    'callback.enabled': ['KS_CALLBACK_ENABLED'],
    'callback.allowedCidrs': ['KS_CALLBACK_ALLOWED_CIDRS'],
    offline: ['KS_OFFLINE'],
    'policy.url': ['KS_CLOUD_API_URL'],
    includeNamespaces: ['KS_INCLUDE_NAMESPACES'],
    excludeNamespaces: ['KS_EXCLUDE_NAMESPACES'],
    'report.keepLocal': ['KS_KEEP_LOCAL'],
    'report.submit': ['KS_SUBMIT'],
    'report.account': ['KS_ACCOUNT_ID', 'ACCOUNT_ID'],
    'report.accessKey': ['KS_ACCESS_KEY'],
    'report.url': ['KS_CLOUD_REPORT_URL'],
  },
});

export type ScannerConfig = z.output<typeof schema>;
