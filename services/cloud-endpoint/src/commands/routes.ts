import { randomUUID } from 'node:crypto';
import type { Logger } from '@kso/kit';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AccessControl } from '../access/access-control.ts';
import { fail } from '../errors.ts';
import type { Notifications } from './notifications.ts';

/** A command for one cluster, as operator-gateway.md 1.3 has it; the operator looks at the rest. */
export const CommandRequest = z.strictObject({
  cluster: z.string().min(1).max(253),
  command: z.looseObject({
    commandName: z.string().min(1).max(100),
    jobTracking: z.looseObject({ jobID: z.string().max(256).optional() }).optional(),
  }),
});

export const CommandAnswer = z.strictObject({
  jobId: z.string().describe('under which the job appears in the cluster’s jobs'),
  receivers: z.number().int().optional().describe('clients of the master gateway that it went to'),
});

export interface CommandRoutesOptions {
  readonly access: AccessControl;
  /** Undefined: no gateway is configured. */
  readonly notifications: Notifications | undefined;
  readonly logger: Logger;
}

/**
 * `POST /api/commands`: sends a command to a cluster through the master gateway. Answered 202: whether it arrived, and what became of it,
 * is told by the job reports of the cluster's operator, under the same job id.
 */
export function registerCommands(app: FastifyInstance, { access, notifications, logger }: CommandRoutesOptions): void {
  app.post('/api/commands', async (request, reply) => {
    if (!access.isOpen) void reply.header('www-authenticate', 'Basic realm="cloud-endpoint", charset="UTF-8"');
    const { account } = access.reader(request);
    void reply.removeHeader('www-authenticate');
    const parsed = CommandRequest.safeParse(request.body);
    if (!parsed.success) throw fail('COMMAND_INVALID', { reason: reasonOf(parsed.error) });
    if (notifications === undefined) throw fail('NO_GATEWAY');
    const { cluster, command } = parsed.data;
    const jobId = command.jobTracking?.jobID ?? randomUUID();
    const tracked = { ...command, jobTracking: { ...command.jobTracking, jobID: jobId } };
    const result = await notifications.send({
      target: {
        ...(account === '' ? {} : { customerGUID: account }),
        clusterName: cluster,
        clusterComponent: 'InClusterTriggerHandler',
        dest: 'trigger',
      },
      sendSynchronicity: true,
      notification: { commands: [JSON.parse(JSON.stringify(tracked))] },
    });
    // Of arguments only that there are some: they may hold logins.
    const fields = { jobId, cluster, commandName: command.commandName, outcome: result.outcome };
    logger.info(fields, 'command sent to a cluster');
    if (result.outcome !== 'sent') throw fail('GATEWAY_REFUSED', { detail: result.detail });
    if (result.receivers === 0) throw fail('CLUSTER_NOT_CONNECTED', { cluster });
    const { receivers } = result;
    return reply.code(202).send({ jobId, ...(receivers === undefined ? {} : { receivers }) });
  });
}

function reasonOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  return `${path === '' ? 'the body' : path}: ${issue?.message ?? ''}`;
}
