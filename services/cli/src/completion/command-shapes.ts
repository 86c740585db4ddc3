import type { Command, Option } from 'commander';

/** What a shell has to know of a command; made from the command tree, so that it cannot differ from it. */
export interface CommandShape {
  /** With the program in front: `kso scan image`. */
  readonly path: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionShape[];
  /** Allowed values of its first argument, if they are known. */
  readonly choices: readonly string[];
  /** Whether it takes arguments, such as paths. */
  readonly takesArguments: boolean;
}

export interface OptionShape {
  readonly short?: string;
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Empty when any value is allowed. */
  readonly choices: readonly string[];
}

export function commandShapes(command: Command, parent = ''): CommandShape[] {
  const path = parent === '' ? command.name() : `${parent} ${command.name()}`;
  const help: OptionShape = {
    short: '-h',
    long: '--help',
    description: 'show this help',
    takesValue: false,
    choices: [],
  };
  const shape: CommandShape = {
    path,
    subcommands: command.commands.map((one) => ({ name: one.name(), description: firstSentence(one.description()) })),
    options: [...command.options.filter(({ hidden }) => !hidden).map(optionShape), help],
    choices: command.registeredArguments[0]?.argChoices ?? [],
    takesArguments: command.registeredArguments.length > 0,
  };
  return [shape, ...command.commands.flatMap((one) => commandShapes(one, path))];
}

function optionShape(option: Option): OptionShape {
  return {
    ...(option.short === undefined ? {} : { short: option.short }),
    long: option.long ?? option.flags,
    description: firstSentence(option.description),
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}

function firstSentence(text: string): string {
  return text.split(/\.\s|;\s/)[0]?.replace(/\.$/, '') ?? '';
}

export function spellings({ short, long }: OptionShape): string[] {
  return short === undefined ? [long] : [short, long];
}
