import { defineConfig, duration, httpUrl, port, secret } from '@kso/kit';
import { scannerConfig } from '@kso/kubescape-scanner';
import { z } from 'zod';
import { defaultPorts } from './listeners.ts';

const flag = () => z.stringbool().or(z.boolean());

const schema = z.object({
  /** All listeners bind to it: this machine only, unless told otherwise. */
  host: z.string().default('127.0.0.1'),
  ports: z
    .object({
      endpoint: port().default(defaultPorts.endpoint),
      gatewayWs: port().default(defaultPorts.gatewayWs),
      gateway: port().default(defaultPorts.gateway),
      operator: port().default(defaultPorts.operator),
      scanner: port().default(defaultPorts.scanner),
      kubevuln: port().default(defaultPorts.kubevuln),
      health: port().default(defaultPorts.health),
    })
    .prefault({}),
  /** Queue, results, outboxes, reports received. One suite at a time uses it. */
  dataDir: z.string().default('/var/lib/kso'),
  /** What is watched and scanned. */
  target: z
    .object({
      type: z.enum(['cluster', 'manifests']).default('cluster'),
      /** Context, server or folder, for people. */
      name: z.string().default('in-cluster'),
      /** Folder or file of manifests. */
      path: z.string().optional(),
      kubeconfig: z.string().optional(),
      context: z.string().optional(),
      /** Folder of the sample (`images/`, `advisories.json`): its images and its vulnerability database are used, and said to be a sample. */
      sample: z.string().optional(),
    })
    .prefault({}),
  clusterName: z.string().default('cluster'),
  account: z.string().default(''),
  accessKey: secret().optional(),
  /** A CloudEndpoint elsewhere, in place of the suite's own. */
  backend: z
    .object({
      /** Its API; its service discovery says where reports go. */
      url: httpUrl().optional(),
      /** Where reports go, if known beforehand: then nothing is asked. */
      reportUrl: httpUrl().optional(),
      /** Master of the gateway, URL or host, in place of the one that is discovered. */
      gatewayUrl: z.string().optional(),
    })
    .prefault({}),
  /** Where exceptions, frameworks and inputs of configuration scans are from: the keys of the scanner itself. */
  policy: scannerConfig.schema.shape.policy,
  images: z
    .object({
      /** Somebody is building the engines: scans wait for them. */
      enginesExpected: flag().default(false),
      /** Folder of the vulnerability database; default: in `dataDir`. */
      databaseDirectory: z.string().optional(),
      updateDatabase: flag().default(true),
      /** Where databases are listed, in place of Grype's own: a base or the full URL. */
      databaseUrl: z.url().optional(),
      /** Registries (`host[:port]`) that are spoken to without TLS, or without checking their certificate. */
      plainHttpRegistries: z.array(z.string()).default([]),
      skipTlsVerifyRegistries: z.array(z.string()).default([]),
      /** Mirrors to pull from: registry, or registry and path, to mirror. */
      proxyRegistryMap: z.record(z.string(), z.string()).default({}),
      /** Also take over packages out of SBOM files that lie in images. */
      embeddedSboms: flag().default(false),
      /** Series for the vulnerabilities of each container, and how many of them at most. */
      vulnerabilityMetrics: z
        .object({ enabled: flag().default(false), maxSeries: z.coerce.number().int().default(30_000) })
        .prefault({}),
      /** Read the pull secrets of workloads, by name, for images of private registries. */
      pullSecrets: flag().default(true),
      /** Read Secrets with logins of registries in the own namespace, and which; none named: all `kubescape-registry-scan*`. */
      registrySecrets: flag().default(true),
      registrySecretNames: z.array(z.string()).default([]),
      /** Use the pod's own identity where a registry of AWS, Google or Azure lets nobody in. */
      cloudIdentity: flag().default(true),
      /** What is done at start with images that were asked for before: nothing, or ask again. */
      atStart: z.enum(['unasked', 'all', 'none']).default('unasked'),
      concurrency: z.coerce.number().int().min(1).max(64).default(2),
    })
    .prefault({}),
  /** The recurring scan of the configuration. */
  schedule: z.object({ enabled: flag().default(true), cron: z.string().default('0 8 * * *') }).prefault({}),
  /** The runtime inventory, for those who use Anchore's; it has a file and variables of its own (docs/inventory.md). */
  inventory: z
    .object({
      enabled: flag().default(false),
      /** Default: the places where KAI and k8s-inventory look. */
      configFile: z.string().optional(),
    })
    .prefault({}),
  /** Write the last lines of containers in a crash loop into our own log. Needs `get` on `pods/log`; such lines can hold anything. */
  crashLoopLogs: flag().default(false),
  /** How long running work may take to end when the suite stops. */
  grace: duration().default(10_000),
});

/** Configuration of the suite in one process. Variables: `KSO_SUITE_…`. */
export const suiteConfig = defineConfig({ service: 'suite', prefix: 'KSO_SUITE', schema });

export type SuiteConfig = z.output<typeof schema>;
export type SuiteConfigInput = z.input<typeof schema>;
