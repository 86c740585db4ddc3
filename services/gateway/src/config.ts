import { byteSize, defineConfig, port, secret, timerDuration, tokenAccess } from '@kso/kit';
import { z } from 'zod';

/** Settings of the gateway (operator-gateway.md 3.1). */
export const gatewayConfig = defineConfig({
  service: 'gateway',
  prefix: 'KSO_GATEWAY',
  schema: z.object({
    host: z.string().default('127.0.0.1'),
    websocketPort: port().default(8001),
    httpPort: port().default(8002),
    healthPort: port().default(8000),
    /** URL or host of the master gateway. Empty: this one is a master, unless a file of the charts names one. */
    masterUrl: z.string().optional(),
    /** Sent to the master as `X-API-KEY`; else the mounted `accessKey` is taken. */
    masterKey: secret().optional(),
    /** If set, clients and senders have to show it as `X-API-KEY`, or a bearer token that `access` accepts. */
    clientKey: secret().optional(),
    access: tokenAccess(),
    clusterDataFile: z.string().optional(),
    servicesFile: z.string().optional(),
    credentialsFolder: z.string().default('/etc/credentials'),
    /** Largest notification, in bytes. */
    maxMessageSize: byteSize().default(4 * 1024 * 1024),
    maxConnections: z.number().int().positive().default(12_000),
    /** A client that lets more than this pile up for it is cut off, in bytes. */
    maxBuffered: byteSize().default(8 * 1024 * 1024),
    /** How long a synchronous send waits for one client. */
    sendTimeout: timerDuration().default(10_000),
    /** A client that is silent this long is pinged, and cut off when it stays silent as long again. */
    clientSilence: timerDuration().default(60_000),
    masterPingInterval: timerDuration().default(10_000),
    /** Bounds of the wait before the master is dialled again. */
    masterBackoffMin: timerDuration().default(1000),
    masterBackoffMax: timerDuration().default(60_000),
    /** Links to the master at a time: one per account, and clients without an account could ask for any number. */
    maxMasterLinks: z.number().int().positive().default(100),
    /** A link that nobody needs any more is kept this long: clients that reconnect find it. */
    masterLinger: timerDuration().default(60_000),
  }),
  aliases: {
    websocketPort: ['WEBSOCKET_PORT'],
    httpPort: ['HTTP_PORT'],
    masterUrl: ['PARENT_URL'],
    clusterDataFile: ['CONFIG'],
    servicesFile: ['SERVICES'],
  },
});

export type GatewayConfig = z.output<typeof gatewayConfig.schema>;
