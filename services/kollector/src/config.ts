import { byteSize, defineConfig, duration, httpUrl, port, secret, timerDuration } from '@kso/kit';
import { z } from 'zod';

/** What reports say of the installation, from `clusterData.json` (kollector.md 9); what is not known is left out. */
export interface InstallationData {
  readonly clusterName?: string;
  readonly namespace?: string;
  readonly storage?: boolean;
  readonly relevantImageVulnerabilitiesEnabled?: boolean;
  readonly relevantImageVulnerabilitiesConfiguration?: string;
  readonly imageVulnerabilitiesScanningEnabled?: boolean;
  readonly postureScanEnabled?: boolean;
  readonly otelCollector?: boolean;
}

/** Whole seconds, as the charts write `WAIT_BEFORE_REPORT`, or a duration with its unit → milliseconds. */
function secondsOrDuration() {
  return z
    .union([z.string(), z.number()], 'expected seconds, or a duration with its unit')
    .transform((value) => (/^\d{1,6}$/.test(String(value).trim()) ? `${String(value).trim()}s` : String(value)))
    .pipe(duration());
}

/** Settings of the kollector (kollector.md 2, 9 to 12). */
export const kollectorConfig = defineConfig({
  service: 'kollector',
  prefix: 'KSO_KOLLECTOR',
  schema: z.object({
    host: z.string().default('127.0.0.1'),
    healthPort: port().default(8000),
    /** Stands in every wlid. Empty: from `clusterDataFile`, else the name of the kubeconfig's context. */
    clusterName: z.string().optional(),
    /** Sent as `customerGUID`; else the mounted `account` is taken. */
    account: z.string().optional(),
    /** Kubeconfig and context; by default `KUBECONFIG`, the pod's service account, `~/.kube/config`. */
    kubeconfig: z.string().optional(),
    context: z.string().optional(),
    /** Ask for scans of images that were not seen before. */
    triggerNewImageScan: z.boolean().default(true),
    /**
     * What is done with images that run already when the kollector starts: ask for those that were not asked for before (with
     * `dataDir` that is remembered over restarts), for all, or for none.
     */
    atStart: z.enum(['unasked', 'all', 'none']).default('unasked'),
    /** If not empty, only these namespaces are looked at. */
    includeNamespaces: z.array(z.string()).default([]),
    excludeNamespaces: z.array(z.string()).default([]),
    /** Images of pods that no workload has made are asked for when the pod is so old and still there. The existing product waits 1 h. */
    podScanGuardTime: duration().default(0),
    /**
     * Straight to the operator, whose answer means that the command is safe in its queue; or through the gateway, which answers 200 also
     * when no operator is connected to it: a command that comes in that moment is lost (docs/reference/kollector.md). Default: the
     * gateway if `gatewayUrl` is configured, else the operator.
     */
    route: z.enum(['operator', 'gateway']).optional(),
    /** URL or `host:port` of the gateway's REST side. With `route: gateway` it may also stand in `clusterDataFile`. */
    gatewayUrl: z.string().optional(),
    /** Shown to the gateway as `X-API-KEY`. */
    gatewayKey: secret().optional(),
    operatorUrl: z.string().default('http://operator:4002'),
    /** A file with a token that the operator checks; read again when it is renewed. */
    operatorTokenFile: z.string().optional(),
    /** For one request. */
    requestTimeout: timerDuration().default(10_000),
    retryMin: timerDuration().default(1000),
    retryMax: timerDuration().default(60_000),
    /**
     * After this time a command that could not be delivered is given up; the image is asked for again when its pod changes. Pods that
     * run for months do not change, so this is longer than any outage should be.
     */
    giveUpAfter: duration().default(7 * 86_400_000),
    /** Workloads whose commands may wait for delivery at once. */
    maxPending: z.number().int().positive().default(10_000),
    /** Requests at once. */
    concurrency: z.number().int().positive().default(4),
    /** Where it is remembered what was asked for. Empty: in memory. */
    dataDir: z.string().optional(),
    /**
     * Where reports of the cluster go: a URL, or a host for `wss`. Empty: from `servicesFile`, else from `clusterDataFile`; nowhere if
     * those name none either.
     */
    eventReceiverUrl: z.string().optional(),
    /** Shown to the receiver as `X-API-KEY`; else the mounted `accessKey` is taken. */
    accessKey: secret().optional(),
    /** If not empty, only pods, services, secrets and CronJobs of these namespaces are reported. Scans of images do not look at it. */
    reportNamespaces: z.array(z.string()).default([]),
    /** Report Secrets, without what is in them. Needs the right to list them, and with it to read them all. */
    reportSecrets: z.boolean().default(false),
    /** How much of a workload stands beside its pods: all of it, as the existing product has it, or its identity and spec. */
    ownerData: z.enum(['full', 'spec-only']).default('full'),
    /** Write the last lines of containers in a crash loop into our own log. Needs `get` on `pods/log`; such lines can hold anything. */
    crashLoopLogs: z.boolean().default(false),
    /** Print each report. They contain environment variables of pods. */
    printReport: z.boolean().default(false),
    /** From the connection to the first report. */
    waitBeforeReport: secondsOrDuration().default(30_000),
    /** The first report leaves after this time also when not everything is known; what is missing follows. */
    firstReportTimeout: timerDuration().default(60_000),
    /** Changes leave together when none has come for this time … */
    reportQuiet: timerDuration().default(1000),
    /** … and at the latest after this. */
    reportMaxDelay: timerDuration().default(5000),
    /** A larger report is sent in parts. */
    maxFrame: byteSize().default(4 * 1024 * 1024),
    pingInterval: timerDuration().default(10_000),
    reconnectMin: timerDuration().default(1000),
    reconnectMax: timerDuration().default(60_000),
    /** End with code 4 when the connection is lost, as the existing product does, instead of connecting again. */
    exitOnDisconnect: z.boolean().default(false),
    /** Ask the instance metadata of the cloud who runs the nodes. */
    cloudMetadata: z.boolean().default(true),
    cloudMetadataUrl: httpUrl().default('http://169.254.169.254'),
    /** With several replicas: the one that has the Lease works, the others wait. */
    lease: z
      .object({
        enabled: z.boolean().default(false),
        /** Empty: the pod's own. */
        namespace: z.string().optional(),
        name: z.string().default('kollector'),
        /** Of this replica; by default the host name, which in a pod is its name. */
        identity: z.string().optional(),
      })
      .prefault({}),
    /** The runtime inventory, for those who use Anchore's; it has a file and variables of its own (docs/inventory.md). */
    inventory: z
      .object({
        enabled: z.boolean().default(false),
        /** Default: the places where KAI and k8s-inventory look. */
        configFile: z.string().optional(),
      })
      .prefault({}),
    /** What service discovery found, as the charts mount it. A file that is not there is no error. */
    servicesFile: z.string().default('/etc/config/services.json'),
    clusterDataFile: z.string().optional(),
    credentialsFolder: z.string().default('/etc/credentials'),
  }),
  aliases: {
    triggerNewImageScan: ['ACTIVATE_CVE_SCAN_ON_NEW_IMAGE_FEATURE'],
    clusterDataFile: ['CONFIG'],
    reportNamespaces: ['NAMESPACE'],
    waitBeforeReport: ['WAIT_BEFORE_REPORT'],
    printReport: ['PRINT_REPORT'],
  },
});

export type KollectorConfig = z.output<typeof kollectorConfig.schema> & {
  /** From `clusterDataFile`: no setting of its own. */
  readonly installation?: InstallationData;
};
