import type { BasePorts, Outgoing } from '@kso/kit';
import { type Attributes, attributesOf, matches } from './attributes.ts';
import type { GatewayConfig } from './config.ts';
import { type MasterLink, openMasterLink } from './master-link.ts';
import { decodeNotification } from './notification.ts';
import type { RoutingTable } from './routing-table.ts';
import type { ClientObserver } from './websocket-server.ts';

export interface MasterLinks extends ClientObserver {
  /** One line per link that is down. */
  remarks(): string[];
  stop(): Promise<void>;
}

/** A master has nobody above it. */
export const noMaster: MasterLinks = {
  connected: () => () => undefined,
  remarks: () => [],
  stop: () => Promise.resolve(),
};

interface Entry {
  readonly link: MasterLink;
  clients: number;
  expiry: NodeJS.Timeout | undefined;
}

/**
 * The links of an edge gateway: one per account, made for its first client and given up a while after its last one is gone.
 * Notifications only come down: what local clients send is routed locally (operator-gateway.md 3.5).
 */
export function createMasterLinks(
  options: { config: GatewayConfig; master: URL; outgoing: Outgoing; instance: string; table: RoutingTable },
  ports: BasePorts,
): MasterLinks {
  const { config, table, master } = options;
  const entries: Entry[] = [];
  countLinks(ports, entries);

  const onFrame = (bytes: Buffer): void => {
    const decoded = decodeNotification(bytes);
    // Upstream hangs up here. Other notifications would be lost with the link, so only this one is.
    if (decoded.ok) return void table.route(decoded.notification, 'master');
    table.refused('master');
    ports.logger.warn({ problem: decoded.problem }, 'the master sent a bad notification');
  };

  const open = (attributes: Attributes): Entry => {
    const link = openMasterLink(
      {
        master,
        attributes,
        key: config.masterKey,
        instance: options.instance,
        outgoing: options.outgoing,
        maxMessageSize: config.maxMessageSize,
        pingInterval: config.masterPingInterval,
        backoff: { minMs: config.masterBackoffMin, maxMs: config.masterBackoffMax },
        onFrame,
      },
      ports,
    );
    const entry: Entry = { link, clients: 0, expiry: undefined };
    entries.push(entry);
    return entry;
  };

  const release = (entry: Entry): void => {
    entry.clients -= 1;
    if (entry.clients > 0) return;
    entry.expiry = setTimeout(() => {
      const at = entries.indexOf(entry);
      if (at >= 0) entries.splice(at, 1);
      void entry.link.stop();
    }, config.masterLinger);
    entry.expiry.unref();
  };

  return {
    connected: (attributes) => {
      const registration = registrationOf(attributes);
      const known = entries.find(({ link }) => matches(link.attributes, registration));
      if (known === undefined && entries.length >= config.maxMasterLinks) {
        ports.logger.warn(
          { attributes, limit: config.maxMasterLinks },
          'too many links: a client gets none to the master',
        );
        return () => undefined;
      }
      const entry = known ?? open(registration);
      entry.clients += 1;
      clearTimeout(entry.expiry);
      return () => release(entry);
    },
    remarks: () => entries.filter(({ link }) => !link.isOpen).map(() => `no link to the master gateway ${master.host}`),
    stop: async () => {
      for (const { expiry } of entries) clearTimeout(expiry);
      await Promise.all(entries.splice(0).map(({ link }) => link.stop()));
    },
  };
}

/** The account if the client names one: then every cluster of it shares the link. */
function registrationOf(attributes: Attributes): Attributes {
  const account = attributes['customerGUID'];
  return account === undefined || account === '' ? attributes : attributesOf([['customerGUID', account]]);
}

function countLinks({ metrics }: BasePorts, entries: readonly Entry[]): void {
  const gauge = metrics.gauge({
    name: 'kso_gateway_master_links',
    help: 'Links to the master gateway.',
    labelNames: ['state'],
    collect: () => {
      const up = entries.filter(({ link }) => link.isOpen).length;
      gauge.set({ state: 'up' }, up);
      gauge.set({ state: 'down' }, entries.length - up);
    },
  });
}
