import { KsoError } from '@kso/kit';
import type { Priority } from '@kso/queue';
import type { OperatorConfig } from '../config.ts';
import { fail } from '../errors.ts';
import { derivedId } from '../jobs/ids.ts';
import { isRegistryCommand, readRegistryPlan } from '../registries/registry-plan.ts';
import { isScheduleCommand, readScheduleAction } from '../schedules/read-schedule.ts';
import { type Command, commandId } from './command.ts';
import { checkGate } from './command-table.ts';
import type { CommandRecord, Plan } from './plan.ts';
import { planRemediation } from './remediation.ts';
import { readScanRequest } from './scan-request.ts';
import { readScope } from './scope.ts';

export type CommandSource = CommandRecord['source'];

const postureNames = new Set(['kubescapeScan', 'runKubescapeJob']);

export interface RecordOptions {
  readonly source: CommandSource;
  readonly config: OperatorConfig;
  readonly priority: Priority | undefined;
  readonly traceparent: string | undefined;
  /** Where the login that it carried has been put. */
  readonly secretName?: string | undefined;
}

/** A command with everything that is needed to carry it out under `jobId`. What is wrong with it becomes a plan too. */
export function recordOf(command: Command, jobId: string, options: RecordOptions): CommandRecord {
  const { source, config, traceparent } = options;
  const { jobTracking } = command;
  const plan = planOf(command, jobId, config, options.secretName);
  return {
    commandName: command.commandName,
    target: registryOf(plan) ?? targetOf(command, config.clusterName),
    source,
    firstSequence: source === 'rest' ? jobTracking.numSeq + 1 : 1,
    ...(jobTracking.parentAction === '' ? {} : { parentId: jobTracking.parentAction }),
    priority: priorityOf(command, options.priority),
    ...(traceparent === undefined ? {} : { traceparent }),
    plan,
  };
}

function planOf(command: Command, jobId: string, config: OperatorConfig, secretName: string | undefined): Plan {
  try {
    checkGate(command.commandName, config);
    if (postureNames.has(command.commandName)) {
      const request = readScanRequest(command.args, config.triggerSecurityFramework);
      return { type: 'posture', scanId: derivedId(jobId, 'posture'), request };
    }
    if (command.commandName === 'scan') return { type: 'images', scope: readScope(command) };
    if (isScheduleCommand(command.commandName)) {
      return { type: 'schedule', schedule: readScheduleAction(command, jobId, config.schedules, secretName) };
    }
    if (isRegistryCommand(command.commandName)) {
      return { type: 'registry', registry: readRegistryPlan(command, secretName) };
    }
    if (command.commandName === 'operatorAction')
      return { type: 'remediation', planned: planRemediation(command.args) };
    if (command.commandName === 'scanContainerProfile')
      throw fail('COMMAND_NOT_SUPPORTED', { name: command.commandName, reason: 'there are no container profiles' });
    throw fail('COMMAND_UNKNOWN', { name: command.commandName });
  } catch (error) {
    if (!(error instanceof KsoError)) throw error;
    return { type: 'rejected', failure: { code: error.code, message: error.message } };
  }
}

/**
 * Own extension: `args.priority` says who waits. Without it a person does, except for images that the sender has just seen: those
 * commands come from watchers.
 */
function priorityOf({ args }: Command, otherwise: Priority | undefined): Priority {
  const { priority } = args;
  if (priority === 'onDemand' || priority === 'newImage' || priority === 'recurring') return priority;
  return otherwise ?? (args['containerToImageIDs'] === undefined ? 'onDemand' : 'newImage');
}

/** `target` of job reports (operator-gateway.md 7.1); of arguments only the names. */
function targetOf(command: Command, clusterName: string): string {
  const id = commandId(command);
  if (id === 'designators') return `wlid://cluster-${clusterName}/`;
  return id === '' ? Object.keys(command.args).join(',').slice(0, 1024) : id;
}

/** As it was understood: what was sent may hold a login. */
function registryOf(plan: Plan): string | undefined {
  if (plan.type !== 'registry') return undefined;
  const { registry } = plan;
  return `registryName: ${registry.action === 'scanObject' ? registry.registry.name : registry.scan.registryName}`;
}
