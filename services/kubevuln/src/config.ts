import {
  byteSize,
  defineConfig,
  duration,
  hostPort,
  httpUrl,
  port,
  secret,
  timerDuration,
  tokenAccess,
} from '@kso/kit';
import { z } from 'zod';

const mebibyte = 1024 * 1024;

const flag = () => z.stringbool().or(z.boolean());

export const KubevulnConfig = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: port().default(8080),
  /** SBOMs, results, outbox, queue journal and the key for logins that wait. */
  dataDir: z.string().default('/var/lib/kso/kubevuln'),
  /** `customerGUID` of reports. */
  account: z.string().default(''),
  /** Pull, catalogue and match of one image together. */
  scanTimeout: timerDuration().prefault('5m'),
  scanConcurrency: z.coerce.number().int().min(1).max(64).default(2),
  /** Requests beyond so many waiting and running scans are answered with 503; 0: no limit. */
  maxQueueDepth: z.coerce.number().int().min(0).default(0),
  shutdownTimeout: duration().prefault('20s'),
  /** Bytes of an image's layers, compressed and then unpacked. */
  maxImageSize: byteSize().default(512 * mebibyte),
  /** Bytes of Syft's JSON. */
  maxSbomSize: byteSize().default(200 * mebibyte),
  /** Bytes of Grype's JSON. */
  maxResultSize: byteSize().default(500 * mebibyte),
  /** Hard limit of one engine process, where the system has one. */
  engineMemory: byteSize().default(2048 * mebibyte),
  /** All compressed SBOMs that are kept. */
  sbomCacheSize: byteSize().default(1024 * mebibyte),
  /** How long the findings of an image are kept after they were written; a scan after that asks the engines again. */
  keepAnswers: duration().prefault('90d'),
  /** Also take over packages out of SBOM files that lie in images; workers need the same. */
  embeddedSboms: flag().default(false),
  /** Series for the vulnerabilities of each container, by severity: many in a large cluster. */
  vulnerabilityMetrics: z
    .strictObject({
      enabled: flag().default(false),
      /** Containers beyond it are left out, and counted as such. */
      maxSeries: z.coerce.number().int().min(6).max(1_000_000).default(30_000),
    })
    .prefault({}),
  /** For images of which nobody says what the node runs. */
  defaultPlatform: z.string().default('linux/amd64'),
  /** Folder with OCI image layouts that are looked into before any registry. */
  imageLayouts: z.string().optional(),
  /** Speak plain HTTP to these registries (`host:port`), and do not check the certificates of those. */
  plainHttpRegistries: z.array(z.string()).default([]),
  skipTlsVerifyRegistries: z.array(z.string()).default([]),
  /** Mirrors to pull from: registry, or registry and path, to mirror. */
  proxyRegistryMap: z.record(z.string(), z.string()).default({}),
  cveMatchingMode: z.enum(['off', 'on', 'adaptive']).default('adaptive'),
  trustedVendors: z.array(z.string()).optional(),
  syft: z.string().optional(),
  grype: z.string().optional(),
  /** True while somebody is building the engines: scans wait instead of ending as "not evaluated". */
  enginesExpected: flag().default(false),
  /** True while somebody is getting a vulnerability database in another way than by `databaseUpdate`. */
  databaseExpected: flag().default(false),
  /** How often it is looked whether engines and database are there or have changed. */
  engineCheckInterval: timerDuration().prefault('30s'),
  /** Default: a folder in `dataDir`. */
  databaseDirectory: z.string().optional(),
  databaseUpdate: z
    .strictObject({
      enabled: flag().default(true),
      /** Listing base, or its full URL ending in `.json`; Grype's own by default. */
      url: httpUrl().optional(),
      /** Database file or archive that somebody puts there; it is imported instead of fetched, each time it has changed. */
      file: z.string().optional(),
      /** Beyond this age since it was built the database raises an alarm; scans go on with it. */
      staleAfter: duration().prefault('5d'),
      interval: timerDuration().prefault('24h'),
      retryInterval: timerDuration().prefault('5m'),
      timeout: timerDuration().prefault('15m'),
    })
    .prefault({}),
  relevancy: z
    .strictObject({
      /** Read ContainerProfile objects from the cluster; else only those that come with a request are known. */
      fromCluster: flag().default(false),
      /** Take profiles of containers that ran before their observation began. */
      partial: flag().default(false),
      /** Do not take every package for used because the database that they are listed in was read. */
      ignorePackageDatabases: flag().default(false),
    })
    .prefault({}),
  exceptions: z
    .strictObject({
      /** JSON list of vulnerability exception policies, SecurityException objects among them. */
      file: z.string().optional(),
      /** Folder with OpenVEX documents, `*.json`. */
      vexDirectory: z.string().optional(),
      /** API of the CloudEndpoint that keeps exceptions; by default where reports go. */
      url: httpUrl().optional(),
      /** Whether a CloudEndpoint is asked at all. */
      fromEndpoint: flag().default(true),
      /** Apply SecurityException objects of the cluster. */
      fromCluster: flag().default(false),
      refresh: timerDuration().prefault('1m'),
    })
    .prefault({}),
  credentials: z
    .strictObject({
      /** Read the pull secrets of workloads and of their ServiceAccounts, by name. */
      pullSecrets: flag().default(true),
      /** Read the Secrets `kubescape-registry-scan*` of the own namespace. */
      registrySecrets: flag().default(true),
      /** If not empty, these Secrets of the own namespace are read in their place, by name: nothing is listed. */
      secretNames: z.array(z.string()).default([]),
      /** Use the pod's own identity at AWS, Google or Azure when one of their registries lets nobody in. */
      cloudIdentity: flag().default(true),
      /** Where Secrets of registries are; by default the pod's namespace. */
      namespace: z.string().optional(),
      /** Of the cluster whose Secrets are read; by default the one that the pod runs in, and none elsewhere. */
      kubeconfig: z.string().optional(),
    })
    .prefault({}),
  /** Token servers (`host[:port]`) that may see logins of registries in other domains. */
  tokenServers: z.array(z.string()).default([]),
  /** File with the key for logins that wait in the queue; whoever adds jobs with logins needs the same. Default: in `dataDir`. */
  credentialKeyFile: z.string().optional(),
  /** Where reports go when kubevuln is a process of its own. */
  report: z
    .strictObject({
      url: httpUrl().optional(),
      accessKey: secret().optional(),
      /** Findings of one request; a finding that is larger is a request of its own. */
      chunkSize: byteSize().default(30_000),
    })
    .prefault({}),
  /** Redis of the queue, for a process of its own; without it the queue is in this process. */
  redis: z
    .strictObject({ address: hostPort(), username: z.string().optional(), password: secret().optional() })
    .optional(),
  /** Workers beside this process that make SBOMs for it. They take their orders from `redis`. */
  workers: z
    .strictObject({
      enabled: flag().default(false),
      /** Who may read orders, which carry logins of registries. */
      access: tokenAccess(),
      /**
       * Scans that are followed at once: what all workers make at once, and `scanConcurrency`, which then bounds the engines of this
       * process. More would wait for one, and waiting uses up the time of a scan.
       */
      inFlight: z.coerce.number().int().min(1).max(1024).default(4),
      /** An order that no worker takes so long is carried out here. */
      takeWithin: timerDuration().prefault('30s'),
    })
    .refine(({ enabled, access }) => !enabled || access.token !== undefined || access.accounts.length > 0, {
      path: ['access'],
      message: 'workers need a token or accounts: their orders carry logins of registries',
    })
    .prefault({}),
  healthPort: port().default(8000),
  /** Folder with the chart's `clusterData.json` and `services.json`. */
  configDirectory: z.string().optional(),
  /** Folder with the files `account` and `accessKey`. */
  credentialsDirectory: z.string().default('/etc/credentials'),
});
export type KubevulnConfig = z.output<typeof KubevulnConfig>;

export const kubevulnConfig = defineConfig({
  service: 'kubevuln',
  prefix: 'KSO_KUBEVULN',
  schema: KubevulnConfig,
  aliases: {
    scanTimeout: ['SCANTIMEOUT'],
    scanConcurrency: ['SCANCONCURRENCY'],
    maxQueueDepth: ['MAXQUEUEDEPTH'],
    maxImageSize: ['MAXIMAGESIZE'],
    cveMatchingMode: ['CVEMATCHINGMODE'],
    proxyRegistryMap: ['PROXYREGISTRYMAP'],
    'databaseUpdate.url': ['LISTINGURL'],
    configDirectory: ['CONFIG_DIR'],
    shutdownTimeout: ['SHUTDOWNTIMEOUT'],
    'relevancy.partial': ['PARTIALRELEVANCY'],
    'exceptions.fromCluster': ['RISKACCEPTANCE'],
  },
});
