import { defineConfig, duration, port, secret, timerDuration } from '@kso/kit';
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
    clusterDataFile: z.string().optional(),
    credentialsFolder: z.string().default('/etc/credentials'),
  }),
  aliases: {
    triggerNewImageScan: ['ACTIVATE_CVE_SCAN_ON_NEW_IMAGE_FEATURE'],
    clusterDataFile: ['CONFIG'],
  },
});

export type KollectorConfig = z.output<typeof kollectorConfig.schema>;
