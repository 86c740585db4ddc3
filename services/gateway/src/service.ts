import { randomUUID } from 'node:crypto';
import {
  type BasePorts,
  ConfigError,
  configuredAccess,
  type FastifyInstance,
  type Outgoing,
  type Service,
  type TokenAuthenticator,
} from '@kso/kit';
import { createAccess } from './access.ts';
import type { GatewayConfig } from './config.ts';
import { createMasterLinks, noMaster } from './master-links.ts';
import { parseMasterUrl } from './master-url.ts';
import { createRestServer } from './rest-server.ts';
import { createRoutingTable } from './routing-table.ts';
import { createSocketServer } from './websocket-server.ts';

export { type GatewayConfig, gatewayConfig } from './config.ts';
export { withForeignSettings } from './foreign-settings.ts';

export interface GatewayPorts extends BasePorts {
  /** The way to the master. */
  readonly outgoing: Outgoing;
  /** What `access` of the configuration stands for; by default its configured token. */
  readonly tokens?: TokenAuthenticator | undefined;
}

export interface Gateway extends Service {
  /** The REST side, for requests without a socket. */
  readonly rest: FastifyInstance;
  /** Where it listens, once started: `ws://…` and `http://…`, without paths. */
  urls(): { readonly websocket: string; readonly rest: string };
}

/**
 * Takes notifications by REST and websocket and passes them on to the clients whose attributes match. With a master URL it also takes those of
 * its clients' accounts from there. @throws ConfigError for a master URL that is none
 */
export function createGateway(config: GatewayConfig, ports: GatewayPorts): Gateway {
  const instance = randomUUID();
  const master = masterOf(config);
  const table = createRoutingTable({ sendTimeout: config.sendTimeout }, ports);
  const links =
    master === undefined
      ? noMaster
      : createMasterLinks({ config, master, outgoing: ports.outgoing, instance, table }, ports);
  const access = createAccess({ key: config.clientKey, tokens: ports.tokens ?? configuredAccess(config.access) });
  const sockets = createSocketServer({ config, table, observer: links, access, instance }, ports);
  const rest = createRestServer({ config, table, access }, ports);
  let urls: { websocket: string; rest: string } | undefined;

  return {
    name: 'gateway',
    rest: rest.app,
    start: async () => {
      const websocket = await sockets.start();
      const http = await rest.start();
      urls = { websocket: websocket.url.replace(/^http/, 'ws'), rest: http.url };
    },
    stop: async () => {
      // Senders first, then the links that bring messages, then the receivers.
      await rest.stop();
      await links.stop();
      await sockets.stop();
    },
    notReady: () => (urls === undefined ? 'starting' : undefined),
    remarks: () => links.remarks(),
    urls: () => urls ?? { websocket: '', rest: '' },
  };
}

function masterOf({ masterUrl }: GatewayConfig): URL | undefined {
  if (masterUrl === undefined || masterUrl === '') return undefined;
  const url = parseMasterUrl(masterUrl);
  if (url !== undefined) return url;
  throw new ConfigError('gateway', ['masterUrl: not a ws, wss, http or https URL, and not a host']);
}
