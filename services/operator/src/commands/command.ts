import { z } from 'zod';
import { fieldsOf, isRecord, type UnknownRecord } from '@kso/domain';

const text = z.string().max(4096).default('');
const textMap = z.record(z.string(), z.string());

/** Reads members in any case before the schema looks at them. */
function caseless<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape);
  return z.preprocess((value) => (isRecord(value) ? fieldsOf(value, names) : value), z.object(shape));
}

const Designator = caseless({
  designatorType: text,
  wlid: text,
  wildwlid: text,
  sid: text,
  attributes: textMap.default({}),
});
export type Designator = z.output<typeof Designator>;

/** One command (operator-gateway.md 1.3). What the operator never reads (`responseID`) is not looked at. */
const Command = caseless({
  commandName: text,
  designators: z.array(Designator).max(1000).default([]),
  wlid: text,
  wildWlid: text,
  sid: text,
  wildSid: text,
  jobTracking: caseless({
    jobID: z.string().max(256).default(''),
    parentAction: z.string().max(256).default(''),
    numSeq: z.number().int().min(0).max(1_000_000).default(0),
  }).prefault({}),
  /** Free-form; its keys keep their case. */
  args: z.record(z.string(), z.unknown()).default({}),
});
export type Command = z.output<typeof Command>;

const Commands = caseless({ commands: z.array(Command).max(1000).default([]) });

export type DecodedCommands =
  | { readonly ok: true; readonly commands: readonly Command[] }
  | { readonly ok: false; readonly problem: string };

/** Reads a body of commands. `null` and `{}` hold none. */
export function decodeCommands(body: unknown): DecodedCommands {
  if (body === null) return { ok: true, commands: [] };
  const parsed = Commands.safeParse(body);
  if (parsed.success) return { ok: true, commands: parsed.data.commands };
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  return { ok: false, problem: `${path === '' ? 'the body' : path}: ${issue?.message ?? 'of a wrong type'}` };
}

/** As {@link decodeCommands}, from JSON text. */
export function parseCommands(json: string): DecodedCommands {
  try {
    return decodeCommands(JSON.parse(json));
  } catch {
    // Without the decoder's own words: they quote the text, which may hold credentials. Looking at a JSON text that is nested very
    // deeply fails as well, which is the sender's fault too.
    return { ok: false, problem: 'the body is not JSON' };
  }
}

/** The id of a command in logs and reports (operator-gateway.md 1.4). */
export function commandId(command: Command): string {
  if (command.designators.length > 0) return 'designators';
  return command.wildWlid || command.wildSid || command.wlid || command.sid;
}

const maxLoggedLength = 4096;

/** For the log: arguments may hold credentials, so only their names are shown. Of a very long command only what names it. */
export function blanked(command: Command): UnknownRecord {
  const { args, commandName, jobTracking } = command;
  const shown = { ...command, args: Object.fromEntries(Object.keys(args).map((key) => [key, ''])) };
  if (JSON.stringify(shown).length <= maxLoggedLength) return shown;
  return { commandName: commandName.slice(0, 100), id: commandId(command).slice(0, 256), jobTracking, isCut: true };
}
