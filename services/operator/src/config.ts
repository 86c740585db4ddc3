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

/** Parts of an installation whose commands are refused where the part is off; the words of `capabilities.json`. */
export const gatedComponents = ['kubescape', 'kubescapeScheduler', 'kubevuln', 'kubevulnScheduler'] as const;
export type GatedComponent = (typeof gatedComponents)[number];

const list = () => z.array(z.string()).default([]);
const flag = () => z.stringbool().or(z.boolean());

const schema = z.object({
  host: z.string().default('127.0.0.1'),
  port: port().default(4002),
  healthPort: port().default(8000),
  tls: z.object({ certFile: z.string(), keyFile: z.string() }).optional(),
  /** Who may send commands and ask for jobs; everybody if nothing is configured. */
  access: tokenAccess(),
  /** In wlids and reports. */
  clusterName: z.string().default(''),
  /** `customerGUID` of reports and of the gateway; none is needed. */
  account: z.string().default(''),
  /** Bytes of a body of commands. */
  bodyLimit: byteSize().default(1024 * 1024),
  /** 400 for what is no JSON and 405 for other methods; without it both are answered 500, as clients of the existing product expect. */
  strictStatus: flag().default(false),
  /** Commands of which generation of the existing product exist: with a gateway (its charts up to 1.24), with a synchronizer, or all. */
  commands: z.enum(['all', 'gateway', 'synchronizer']).default('all'),
  /** Parts that are not installed: their commands are refused, except with `commands: gateway`. */
  disabledComponents: z.array(z.enum(gatedComponents)).default([]),
  /** Commands that may be under way at once; more are answered 503. */
  capacity: z.coerce.number().int().positive().default(1000),
  /** Commands that list pods at once. */
  workerConcurrency: z.coerce.number().int().min(1).max(64).default(3),
  /** Ask for a scan of the configuration at the start when none is known: of a new installation. */
  firstScan: flag().default(false),
  /** Adds the framework `security` to scans by framework. */
  triggerSecurityFramework: flag().default(false),
  includeNamespaces: list(),
  excludeNamespaces: list(),
  /** A pod without owner that is younger is left to the watchers; 1h unless the chart's file says something else. */
  podScanGuardTime: duration().optional(),
  /**
   * Watch the pods of the cluster and ask for a scan of each image that is new. Off by default: where a kollector runs, it asks, and two
   * would ask everything twice.
   */
  newImages: z
    .object({
      enabled: flag().default(false),
      /** Of images that run already at the start: ask for those not asked for before, for all, or for none. */
      atStart: z.enum(['unasked', 'all', 'none']).default('unasked'),
      /** Between two tries of one workload. */
      retryMin: timerDuration().prefault('1s'),
      retryMax: timerDuration().prefault('60s'),
      /** A command that made no scan for so long is given up; its image is asked for again when its pod changes. */
      giveUpAfter: duration().prefault('168h'),
      /** Workloads whose images may wait at once. */
      maxPending: z.coerce.number().int().positive().default(10_000),
      /** Commands given to the queue at once. */
      concurrency: z.coerce.number().int().min(1).max(64).default(4),
    })
    .prefault({}),
  /** A recurring scan that has not begun after so long is given up: the next one asks the same. */
  recurringExpiry: duration().prefault('24h'),
  /** Recurring scans that are made by commands. */
  schedules: z
    .object({
      /** IANA name, for those whose command names none. */
      timeZone: z.string().default('Etc/UTC'),
    })
    .prefault({}),
  /** For registry objects, which do not say it themselves. */
  registryScanningInsecure: flag().default(false),
  registryScanningSkipTlsVerify: flag().default(false),
  /** Where the status of registry scans is posted, at `/v1/registrystatuses` below the URL; nowhere without one. */
  exporter: z
    .object({
      url: httpUrl().optional(),
      headers: z.record(z.string(), secret()).default({}),
      method: z.enum(['POST', 'PUT']).default('POST'),
      timeout: timerDuration().prefault('5s'),
    })
    .prefault({}),
  /** OperatorCommand objects of the operator's namespace, where the kind is installed. */
  customResources: z.object({ enabled: flag().default(true) }).prefault({}),
  /** Job reports to `/k8s/sysreport`. */
  reports: z
    .object({ enabled: flag().default(true), url: httpUrl().optional(), accessKey: secret().optional() })
    .prefault({}),
  gateway: z
    .object({
      /** `host:port` or a `ws:`/`wss:` URL; empty for no gateway. */
      url: z.string().default(''),
      /** Sent as `X-API-KEY`. */
      key: secret().optional(),
      /** A file with a token that the gateway checks; read again when it is renewed. */
      tokenFile: z.string().optional(),
      pingInterval: timerDuration().prefault('30s'),
      backoffMin: timerDuration().prefault('2s'),
      backoffMax: timerDuration().prefault('60s'),
      maxMessageSize: byteSize().default(4 * 1024 * 1024),
    })
    .prefault({}),
  /** How scans get to scanner and kubevuln: over the queue, or by HTTP to those of the existing product. */
  dispatch: z
    .object({
      mode: z.enum(['queue', 'http']).default('queue'),
      /** `host:port`, plain HTTP. */
      kubescape: z.string().default(''),
      kubevuln: z.string().default(''),
      requestTimeout: timerDuration().prefault('30s'),
      /** Between two questions whether a configuration scan has ended. */
      pollInterval: timerDuration().prefault('40s'),
      /** Between two tries while the connection is refused, and how many after the first. */
      refusedWait: timerDuration().prefault('5s'),
      refusedRetries: z.coerce.number().int().min(0).default(5),
      concurrency: z.coerce.number().int().min(1).max(64).default(10),
    })
    .prefault({}),
  /** Redis of the queue; without it the queue is in this process. */
  redis: z.object({ address: hostPort(), username: z.string().optional(), password: secret().optional() }).optional(),
  /** Journal and outbox of a process of its own. */
  dataDir: z.string().default('./data'),
  /** Of CronJobs, ConfigMaps and OperatorCommand objects; by default that of the pod. */
  namespace: z.string().optional(),
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  /** Files of the charts; read when they are there. */
  clusterDataFile: z.string().default('/etc/config/clusterData.json'),
  operatorConfigFile: z.string().default('/etc/config/config.json'),
  capabilitiesFile: z.string().default('/etc/config/capabilities.json'),
  credentialsFolder: z.string().default('/etc/credentials'),
  /** How long running work may take to end when the operator stops. */
  grace: duration().prefault('20s'),
});

/** Configuration of the operator. Variables: `KSO_OPERATOR_…`, and those of the existing product (operator-gateway.md 5.2). */
export const operatorConfig = defineConfig({
  service: 'operator',
  prefix: 'KSO_OPERATOR',
  schema,
  aliases: {
    port: ['PORT'],
    clusterName: ['CLUSTER_NAME'],
    account: ['ACCOUNT_ID'],
    workerConcurrency: ['WORKER_CONCURRENCY', 'WORKERCONCURRENCY'],
    triggerSecurityFramework: ['TRIGGER_SECURITY_FRAMEWORK', 'TRIGGERSECURITYFRAMEWORK'],
    clusterDataFile: ['CONFIG'],
  },
});

export type OperatorConfig = z.output<typeof schema>;
export type OperatorConfigInput = z.input<typeof schema>;
