import { z } from 'zod';
import { readForeign } from './tolerant.ts';

/** Addresses that the service discovery of a back end gave (operator-gateway.md 5.5), as written. */
export interface DiscoveredServices {
  readonly version?: string;
  readonly eventReceiverHttp?: string;
  readonly eventReceiverWs?: string;
  readonly gateway?: string;
  readonly apiServer?: string;
  readonly metrics?: string;
  readonly synchronizer?: string;
}

const AnyObject = z.record(z.string(), z.unknown(), 'expected an object');

const names: Readonly<Record<string, Exclude<keyof DiscoveredServices, 'version'>>> = {
  'event-receiver-http': 'eventReceiverHttp',
  'event-receiver-ws': 'eventReceiverWs',
  gateway: 'gateway',
  'api-server': 'apiServer',
  metrics: 'metrics',
  synchronizer: 'synchronizer',
};

/** `services.json`. @throws FILE_… */
export function readServices(path: string): DiscoveredServices {
  const file = lowerKeys(readForeign(path, 'services', AnyObject));
  const response = AnyObject.safeParse(file['response']);
  const found: { -readonly [K in keyof DiscoveredServices]: DiscoveredServices[K] } = {};
  if (typeof file['version'] === 'string') found.version = file['version'];
  for (const [name, value] of Object.entries(lowerKeys(response.data ?? {}))) {
    const known = Object.hasOwn(names, name) ? names[name] : undefined;
    if (known !== undefined && typeof value === 'string' && value !== '') found[known] = value;
  }
  return found;
}

function lowerKeys(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
}
