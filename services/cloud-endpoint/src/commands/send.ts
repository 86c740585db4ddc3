import type { Logger } from '@kso/kit';
import type { JsonObject } from '@kso/wire';
import { fail } from '../errors.ts';
import type { Notifications } from './notifications.ts';

export interface SendOptions {
  /** Undefined: no gateway is configured. */
  readonly notifications: Notifications | undefined;
  readonly logger: Logger;
}

export interface ClusterCommand {
  readonly account: string;
  readonly cluster: string;
  /** With the job id in its tracking, as operator-gateway.md 1.3 has it. */
  readonly command: JsonObject & { readonly commandName: string };
  readonly jobId: string;
}

/**
 * Sends a command to the operator of a cluster through the master gateway. Whether it arrived, and what became of it, is told by the
 * operator's job reports. Answers how many clients of the gateway it went to, where the gateway tells.
 * @throws NO_GATEWAY, GATEWAY_REFUSED, CLUSTER_NOT_CONNECTED
 */
export async function sendCommand(
  { notifications, logger }: SendOptions,
  { account, cluster, command, jobId }: ClusterCommand,
): Promise<number | undefined> {
  if (notifications === undefined) throw fail('NO_GATEWAY');
  const tracking = { ...(command['jobTracking'] as JsonObject | undefined), jobID: jobId };
  const result = await notifications.send({
    target: {
      ...(account === '' ? {} : { customerGUID: account }),
      clusterName: cluster,
      clusterComponent: 'InClusterTriggerHandler',
      dest: 'trigger',
    },
    sendSynchronicity: true,
    notification: { commands: [{ ...command, jobTracking: tracking }] },
  });
  // Of arguments only that there are some: they may hold logins.
  logger.info(
    { jobId, cluster, commandName: command.commandName, outcome: result.outcome },
    'command sent to a cluster',
  );
  if (result.outcome !== 'sent') throw fail('GATEWAY_REFUSED', { detail: result.detail });
  if (result.receivers === 0) throw fail('CLUSTER_NOT_CONNECTED', { cluster });
  return result.receivers;
}
