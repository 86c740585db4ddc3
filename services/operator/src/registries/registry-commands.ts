import { isRecord, parseSchedule } from '@kso/domain';
import { KsoError } from '@kso/kit';
import { describeCatalogueFailure } from '@kso/registry';
import { checkGate } from '../commands/command-table.ts';
import type { OperatorConfig } from '../config.ts';
import type { CommandHandler, CommandResult } from '../custom-resources/run-command.ts';
import { fail } from '../errors.ts';
import { bodyOf } from '../schedules/schedule-body.ts';
import type { RegistryPorts } from './carry-out-registry.ts';
import {
  type ReadRegistry,
  type RegistryObject,
  readCommonFields,
  readProviderFields,
  resourceNameOf,
  type TransportSettings,
} from './registry-object.ts';

const mostRepositories = 10_000;

export interface RegistryCommandParts {
  readonly config: Pick<OperatorConfig, 'commands' | 'disabledComponents'>;
  readonly ports: RegistryPorts | undefined;
  readonly transport: TransportSettings;
}

/** `CreateRegistry`, `UpdateRegistry`, `DeleteRegistry`, `CheckRegistry` (operator-gateway.md 4.3.5): the body is a registry in JSON. */
export function registryHandlers(parts: RegistryCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    CreateRegistry: handler(parts, (given) => setUp(given, given.guid)),
    UpdateRegistry: handler(parts, (given) => setUp(given)),
    DeleteRegistry: handler(parts, async ({ registry, ports }) => {
      await storeOf(ports).tearDown(resourceNameOf(registry));
      return { errors: [] };
    }),
    CheckRegistry: handler(parts, async ({ registry, read, ports, signal }) => {
      const { target } = read();
      const answer = await ports.catalogues.catalogue(target).repositories({ limit: mostRepositories, signal });
      signal.throwIfAborted();
      if (answer.outcome === 'listed') return { errors: [], payload: JSON.stringify(answer.repositories) };
      const problem = describeCatalogueFailure(answer);
      throw fail('REGISTRY_FAILED', { registry: registry.name || target.registry, problem });
    }),
  };
}

interface Given {
  readonly registry: RegistryObject;
  /** What its provider needs; not needed to delete it. @throws REGISTRY_INVALID */
  readonly read: () => ReadRegistry;
  readonly ports: RegistryPorts;
  readonly guid: string;
  readonly signal: AbortSignal;
}

/** What will not be better later is the command's error; the rest is tried again by who calls. */
function handler(
  { config, ports, transport }: RegistryCommandParts,
  work: (given: Given) => Promise<CommandResult>,
): CommandHandler {
  return async ({ spec, uid }, signal) => {
    try {
      // As their scans: without kubevuln there is nobody who scans a registry.
      checkGate('scanRegistryV2', config);
      if (ports === undefined) throw fail('REGISTRIES_UNAVAILABLE');
      const body = parsed(spec.body);
      const registry = readCommonFields(body);
      const read = () => readProviderFields(registry.provider, isRecord(body) ? body : {}, transport);
      return await work({ registry, read, ports, guid: spec.guid || uid, signal });
    } catch (error) {
      if (error instanceof KsoError && !error.retryable) return { errors: [error.message] };
      throw error;
    }
  };
}

async function setUp({ registry, read, ports }: Given, runNow?: string): Promise<CommandResult> {
  const { secretFields } = read();
  const name = resourceNameOf(registry);
  const { scanFrequency = '' } = registry;
  const cron = scanFrequency.trim() === '' ? undefined : scanFrequency.trim();
  if (cron !== undefined) {
    const schedule = parseSchedule(cron, 'Etc/UTC');
    if (!schedule.ok) throw fail('SCHEDULE_INVALID', { problem: `scanFrequency: ${schedule.reason}` });
  }
  const args = { 'registry-secret': name, 'registryInfo-v1': registry };
  await storeOf(ports).setUp({
    name,
    auth: JSON.stringify(secretFields),
    body: bodyOf({ commandName: 'scanRegistryV2', args }),
    cron,
    runNow,
  });
  return { errors: [] };
}

function storeOf({ store }: RegistryPorts): NonNullable<RegistryPorts['store']> {
  if (store === undefined) throw fail('REGISTRIES_UNAVAILABLE');
  return store;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Without the parser's words, which quote the text.
    throw fail('REGISTRY_INVALID', { problem: 'spec.body is not JSON' });
  }
}
