import { parseSchedule } from '@kso/domain';
import { KsoError } from '@kso/kit';
import type { CommandHandler, CommandResult } from '../custom-resources/run-command.ts';
import { fail } from '../errors.ts';
import { bodyOf } from '../schedules/schedule-body.ts';
import type { RegistryPorts } from './carry-out-registry.ts';
import {
  type ReadRegistry,
  readRegistryObject,
  resourceNameOf,
  type TransportSettings,
  targetOfObject,
} from './registry-object.ts';

const mostRepositories = 10_000;

export interface RegistryCommandParts {
  readonly ports: RegistryPorts | undefined;
  readonly transport: TransportSettings;
}

/** `CreateRegistry`, `UpdateRegistry`, `DeleteRegistry`, `CheckRegistry` (operator-gateway.md 4.3.5): the body is a registry in JSON. */
export function registryHandlers(parts: RegistryCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    CreateRegistry: handler(parts, (read, { guid, ports }) => setUp(read, ports, guid)),
    UpdateRegistry: handler(parts, (read, { ports }) => setUp(read, ports)),
    DeleteRegistry: handler(parts, async ({ registry }, { ports }) => {
      await storeOf(ports).tearDown(resourceNameOf(registry));
      return { errors: [] };
    }),
    CheckRegistry: handler(parts, async (read, { ports, signal }) => {
      const target = targetOfObject(read, parts.transport);
      const answer = await ports.catalogue.repositories(target, mostRepositories, signal);
      if (answer.outcome === 'found') return { errors: [], payload: JSON.stringify(answer.value) };
      throw fail('REGISTRY_FAILED', { registry: read.registry.name || target.host, problem: answer.detail });
    }),
  };
}

interface Given {
  readonly ports: RegistryPorts;
  readonly guid: string;
  readonly signal: AbortSignal;
}

/** What will not be better later is the command's error; the rest is tried again by who calls. */
function handler(
  { ports }: RegistryCommandParts,
  work: (read: ReadRegistry, given: Given) => Promise<CommandResult>,
): CommandHandler {
  return async ({ spec, uid }, signal) => {
    try {
      if (ports === undefined) throw fail('REGISTRIES_UNAVAILABLE');
      return await work(readRegistryObject(parsed(spec.body)), { ports, guid: spec.guid || uid, signal });
    } catch (error) {
      if (error instanceof KsoError && !error.retryable) return { errors: [error.message] };
      throw error;
    }
  };
}

async function setUp(
  { registry, secretFields }: ReadRegistry,
  ports: RegistryPorts,
  runNow?: string,
): Promise<CommandResult> {
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
