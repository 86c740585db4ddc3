import type { Priority } from '@kso/queue';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Command, parseCommands } from '../commands/command.ts';
import type { CommandDesk, Receipt } from '../commands/command-desk.ts';
import { fail } from '../errors.ts';
import { derivedId } from '../jobs/ids.ts';

export interface TriggerActionOptions {
  readonly desk: Pick<CommandDesk, 'submit'>;
  /** 400 and 405 instead of upstream's 500. */
  readonly strictStatus: boolean;
}

/** `POST /v1/triggerAction` (operator-gateway.md 1.2): `ok`, or with `Accept: application/json` what became of each command. */
export function registerTriggerAction(app: FastifyInstance, options: TriggerActionOptions): void {
  app.register((scope, _options, done) => {
    // Senders give any media type or none.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
    scope.all('/v1/triggerAction', (request, reply) => handle(options, request, reply));
    done();
  });
}

async function handle(
  { desk, strictStatus }: TriggerActionOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (request.method !== 'POST') {
    const allow = strictStatus ? reply.header('allow', 'POST') : reply;
    return sendText(allow, strictStatus ? 405 : 500, `method '${request.method}' not allowed`);
  }
  const decoded = parseCommands(typeof request.body === 'string' ? request.body : '');
  if (!decoded.ok) {
    request.log.warn({ problem: decoded.problem }, 'a body that holds no commands was refused');
    if (wantsJson(request)) throw fail('COMMANDS_MALFORMED', { problem: decoded.problem });
    return sendText(reply, strictStatus ? 400 : 500, decoded.problem);
  }
  const receipts = await desk.submit(withJobIds(decoded.commands, request), 'rest', priorityOf(request));
  reply.header('x-kso-job-ids', jobIdsOf(receipts));
  if (!wantsJson(request)) return sendText(reply, 200, 'ok');
  return reply.type('application/json').send(JSON.stringify({ commands: receipts }));
}

/** Own extension: senders that have no person waiting, such as a CronJob's pod, say so without touching the body. */
function priorityOf({ headers }: FastifyRequest): Priority | undefined {
  return headers['x-kso-priority'] === 'recurring' ? 'recurring' : undefined;
}

const maxKeyLength = 256;
const mostToldIds = 50;

/** Own extension: a body that is sent again under the same `Idempotency-Key` is not carried out again. */
function withJobIds(commands: readonly Command[], { headers }: FastifyRequest): readonly Command[] {
  const key = headers['idempotency-key'];
  if (typeof key !== 'string' || key === '' || key.length > maxKeyLength) return commands;
  return commands.map((command, index) =>
    command.jobTracking.jobID === ''
      ? { ...command, jobTracking: { ...command.jobTracking, jobID: derivedId('request', key, String(index)) } }
      : command,
  );
}

/** For those that get no more than `ok`. An id is what a client chose: only those that a header can carry. */
function jobIdsOf(receipts: readonly Receipt[]): string {
  const ids = receipts.flatMap(({ jobId }) => (jobId !== undefined && /^[\w.:-]+$/.test(jobId) ? [jobId] : []));
  return ids.slice(0, mostToldIds).join(',');
}

function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(text);
}

/** Only who names JSON gets it: the existing clients send nothing or a wildcard. */
function wantsJson(request: FastifyRequest): boolean {
  return /\bapplication\/json\b/i.test(request.headers.accept ?? '');
}
