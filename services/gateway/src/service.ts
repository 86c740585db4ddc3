import { randomUUID } from 'node:crypto';
import type { BasePorts, FastifyInstance, Outgoing, Service } from '@kso/kit';
import type { GatewayConfig } from './config.ts';
import { createMasterLinks, noMaster } from './master-links.ts';
import { createRestServer } from './rest-server.ts';
import { createRoutingTable } from './routing-table.ts';
import { createSocketServer } from './websocket-server.ts';

export { type GatewayConfig, gatewayConfig } from './config.ts';
export { gatewayErrors } from './errors.ts';

export interface GatewayPorts extends BasePorts {
  /** The way to the master. */
  readonly outgoing: Outgoing;
}

export interface Gateway extends Service {
  /** The REST side, for requests without a socket. */
  readonly rest: FastifyInstance;
  /** Where it listens, once started: `ws://…` and `http://…`, without paths. */
  urls(): { readonly websocket: string; readonly rest: string };
}

/**
 * Takes notifications by REST and websocket and passes them on to the clients whose attributes match. With a master URL it also takes those of
 * its clients' accounts from there. @throws MASTER_URL_INVALID
 */
export function createGateway(config: GatewayConfig, ports: GatewayPorts): Gateway {
  const instance = randomUUID();
  const { masterUrl } = config;
  const table = createRoutingTable({ sendTimeout: config.sendTimeout }, ports);
  const links =
    masterUrl === undefined || masterUrl === ''
      ? noMaster
      : createMasterLinks({ config, masterUrl, outgoing: ports.outgoing, instance, table }, ports);
  const sockets = createSocketServer({ config, table, observer: links, instance }, ports);
  const rest = createRestServer(config, table, ports);
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
