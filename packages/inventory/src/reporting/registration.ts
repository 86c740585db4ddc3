import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@kso/kit';
import type { InventoryConfig } from '../config/schema.ts';
import type { Credentials, InventorySettings } from '../config/settings.ts';
import { fail } from '../errors.ts';
import { type AnchoreClient, field, isOffline, messageOf, reasonOf } from './anchore-client.ts';
import type { OwnWorkload } from './own-workload.ts';

export type Registration =
  | { readonly outcome: 'registered'; readonly uuid: string }
  /** The API is older than registration, or has none. */
  | { readonly outcome: 'unsupported'; readonly reason: string };

export interface RegistrationPorts {
  readonly client: AnchoreClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

const hour = 3_600_000;

/**
 * Waits for the API and registers with it (inventory.md 10.1, 10.2). An API that is down is waited for without end.
 * @throws REGISTRATION_REFUSED
 */
export async function register(
  body: () => object,
  as: { readonly account: string; readonly credentials: Credentials },
  ports: RegistrationPorts,
  signal: AbortSignal,
): Promise<Registration> {
  const version = await awaitVersion(ports, signal);
  if (!supportsRegistration(version)) return { outcome: 'unsupported', reason: `the API is version ${version}` };
  for (let wait = 2000; ; wait = Math.min(wait * 2, 600_000)) {
    const path = 'v2/system/integrations/registration';
    const answer = await ports.client.send({ method: 'POST', path, body: body(), as, signal });
    if (answer.outcome === 'offline' || isOffline(answer)) {
      ports.logger.warn({ waitMs: wait, reason: reasonOf(answer) }, 'the API does not answer: registration waits');
      await ports.clock.sleep(wait, signal);
      continue;
    }
    const { status, json } = answer;
    if (status >= 200 && status < 300) {
      const uuid = field(json, 'uuid');
      if (uuid === '') throw fail('REGISTRATION_REFUSED', { reason: 'the answer holds no uuid' });
      return { outcome: 'registered', uuid };
    }
    const detail = field(json, 'detail');
    const isMissing =
      (status === 404 && detail.includes('The requested URL was not found')) ||
      (status === 405 && detail === 'Method Not Allowed');
    if (isMissing) return { outcome: 'unsupported', reason: 'the API has no registration' };
    throw fail('REGISTRATION_REFUSED', { reason: `${status}: ${messageOf(answer)}` });
  }
}

async function awaitVersion({ client, clock, logger }: RegistrationPorts, signal: AbortSignal): Promise<string> {
  for (let wait = 2000; ; wait = Math.min(wait * 2, hour)) {
    const answer = await client.send({ method: 'GET', path: 'version', signal });
    if (answer.outcome === 'answered' && !isOffline(answer)) {
      if (answer.status !== 200) throw fail('REGISTRATION_REFUSED', { reason: `GET version: ${answer.status}` });
      const version = field((answer.json as { service?: unknown } | undefined)?.service, 'version');
      if (/^v?\d+\.\d+/.test(version)) return version;
    }
    logger.warn({ waitMs: wait, reason: reasonOf(answer) }, 'the version of the API is not known yet');
    await clock.sleep(wait, signal);
  }
}

/** From 5.11 on. */
function supportsRegistration(version: string): boolean {
  const [, major = '0', minor = '0'] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 11);
}

export interface RegistrationFacts {
  readonly config: InventoryConfig;
  readonly settings: InventorySettings;
  readonly own: OwnWorkload;
  readonly clusterName: string;
  /** Ours, as reported. */
  readonly version: string;
  readonly startedAt: number;
}

/** Makes the body of a registration; ids that nothing gives are random, and the same for the life of the process. */
export function registrationBody({ config, settings, own, clusterName, version, startedAt }: RegistrationFacts) {
  const registration = config['anchore-registration'];
  const { routing, collect } = settings;
  const fixed = {
    registration_id: registration['registration-id'] || own.deploymentUid || randomUUID(),
    registration_instance_id: own.instance || randomUUID(),
    type: 'k8s_inventory_agent',
    name: registration['integration-name'] || own.deploymentName,
    description: registration['integration-description'],
    version: version || 'dev',
    started_at: new Date(startedAt).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  const accounts = routing.routes.map(({ account }) => account);
  const namespaces = new Set([...routing.routes.flatMap(({ patterns }) => patterns), ...collect.include]);
  return (now: number): object =>
    withoutEmpty({
      ...fixed,
      uptime: Math.max(0, now - startedAt) / 1000,
      username: config.anchore.user,
      explicitly_account_bound: accounts.length === 0 ? [] : [...new Set([...accounts, routing.defaultAccount])],
      namespaces: [...namespaces],
      cluster_name: clusterName,
      namespace: own.namespace,
      health_report_interval: config['health-report-interval-seconds'],
    });
}

function withoutEmpty(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0)),
  );
}
