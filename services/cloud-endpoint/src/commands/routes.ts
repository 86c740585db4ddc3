import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@kso/wire';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AccessControl } from '../access/access-control.ts';
import { requirePerson } from '../access/person.ts';
import { fail } from '../errors.ts';
import { reasonOf } from '../reason.ts';
import { type SendOptions, sendCommand } from './send.ts';

export const clusterName = z.string().min(1).max(253);

/** A command for one cluster, as operator-gateway.md 1.3 has it; the operator looks at the rest. */
export const CommandRequest = z.strictObject({
  cluster: clusterName,
  command: z.looseObject({
    commandName: z.string().min(1).max(100),
    jobTracking: z.looseObject({ jobID: z.string().max(256).optional() }).optional(),
  }),
});

export const CommandAnswer = z.strictObject({
  jobId: z.string().describe('under which the job appears in the cluster’s jobs'),
  receivers: z.number().int().optional().describe('clients of the master gateway that it went to'),
});

export interface CommandRoutesOptions extends SendOptions {
  readonly access: AccessControl;
}

/**
 * `POST /api/commands`: sends a command to a cluster through the master gateway. Answered 202: whether it arrived, and what became of it,
 * is told by the job reports of the cluster's operator, under the same job id.
 */
export function registerCommands(app: FastifyInstance, { access, ...sending }: CommandRoutesOptions): void {
  void app.register((scope, _options, done) => {
    requirePerson(scope, access);
    scope.post('/api/commands', async (request, reply) => {
      const parsed = CommandRequest.safeParse(request.body);
      if (!parsed.success) throw fail('COMMAND_INVALID', { reason: reasonOf(parsed.error) });
      const { cluster, command } = parsed.data;
      const jobId = command.jobTracking?.jobID ?? randomUUID();
      const { account } = access.reader(request);
      // It was JSON when it came.
      const plain = JSON.parse(JSON.stringify(command)) as JsonObject & { commandName: string };
      const receivers = await sendCommand(sending, { account, cluster, command: plain, jobId });
      return reply.code(202).send({ jobId, ...(receivers === undefined ? {} : { receivers }) });
    });
    done();
  });
}
