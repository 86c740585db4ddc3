import type { JsonObject, JsonValue } from '@kso/wire';
import type { Command, Designator } from '../commands/command.ts';

/** Go's zero time, which senders of the existing product write where no time was set. */
export const zeroTime = '0001-01-01T00:00:00Z';

export interface BodyCommand {
  readonly commandName: string;
  readonly designators?: readonly Designator[];
  readonly wlid?: string;
  readonly wildWlid?: string;
  /** Carried by every run as the parent of what it starts. */
  readonly parentAction?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A body of one command, with the fields in the order and with the omissions of the existing product (operator-gateway.md 1.3). */
export function bodyOf(command: BodyCommand): JsonObject {
  const { commandName, designators = [], wlid = '', wildWlid = '', parentAction = '', args = {} } = command;
  const one = {
    commandName,
    ...(designators.length === 0 ? {} : { designators: designators.map(designatorOf) }),
    ...(wlid === '' ? {} : { wlid }),
    ...(wildWlid === '' ? {} : { wildWlid }),
    jobTracking: { ...(parentAction === '' ? {} : { parentAction }), timestamp: zeroTime },
    ...(Object.keys(args).length === 0 ? {} : { args: args as JsonObject }),
  };
  return { commands: [one] };
}

function designatorOf({ designatorType, wlid, wildwlid, sid, attributes }: Designator): JsonValue {
  return {
    designatorType,
    ...(wlid === '' ? {} : { wlid }),
    ...(wildwlid === '' ? {} : { wildwlid }),
    ...(sid === '' ? {} : { sid }),
    attributes,
  };
}

/** The scope of a command, as a recurring one carries it. */
export function scopeOf({
  designators,
  wlid,
  wildWlid,
}: Command): Pick<BodyCommand, 'designators' | 'wlid' | 'wildWlid'> {
  return { designators, wlid, wildWlid };
}
