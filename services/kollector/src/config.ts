import { defineConfig, duration, port, secret } from '@kso/kit';
import { z } from 'zod';

/** Settings of the kollector (kollector.md 2, 11). */
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
    /** URL or `host:port` of the gateway's REST side. If set, commands go through it; otherwise straight to the operator. */
    gatewayUrl: z.string().optional(),
    /** Shown to the gateway as `X-API-KEY`. */
    gatewayKey: secret().optional(),
    operatorUrl: z.string().default('http://operator:4002'),
    /** A file with a token that the operator checks; read again when it is renewed. */
    operatorTokenFile: z.string().optional(),
    /** For one request. */
    requestTimeout: duration().default(10_000),
    retryMin: duration().default(1000),
    retryMax: duration().default(60_000),
    /** After this time a command that could not be delivered is given up; the image is asked for again when its pod changes. */
    giveUpAfter: duration().default(3_600_000),
    /** Workloads whose commands may wait for delivery at once. */
    maxPending: z.number().int().positive().default(10_000),
    /** Requests at once. */
    concurrency: z.number().int().positive().default(4),
    /** Where it is remembered what was asked for. Empty: in memory. */
    dataDir: z.string().optional(),
    clusterDataFile: z.string().optional(),
    credentialsFolder: z.string().default('/etc/credentials'),
  }),
  aliases: {
    triggerNewImageScan: ['ACTIVATE_CVE_SCAN_ON_NEW_IMAGE_FEATURE'],
    clusterDataFile: ['CONFIG'],
  },
});

export type KollectorConfig = z.output<typeof kollectorConfig.schema>;
