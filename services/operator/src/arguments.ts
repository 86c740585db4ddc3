/** Flags of the existing product that mean something here: where each one goes in the configuration. */
const flags: Readonly<Record<string, 'certFile' | 'keyFile'>> = { tlsCertFile: 'certFile', tlsKeyFile: 'keyFile' };

export const usage = `usage: operator [-tlsCertFile FILE -tlsKeyFile FILE]

Everything else is configured by variables KSO_OPERATOR_… or the file KSO_OPERATOR_CONFIG_FILE.
Other flags of former charts are ignored.`;

export interface Arguments {
  readonly help: boolean;
  /** What the flags say, as it stands in the configuration. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Reads flags as Go does: one or two dashes, the value after `=` or as the next argument (operator-gateway.md 1.1). */
export function readArguments(argv: readonly string[]): Arguments {
  const tls: Partial<Record<'certFile' | 'keyFile', string>> = {};
  let help = false;
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, name = '', attached] = /^--?([a-z][\w-]*)(?:=([\s\S]*))?$/i.exec(argument) ?? [];
    if (name === 'h' || name === 'help') help = true;
    const setting = Object.hasOwn(flags, name) ? flags[name] : undefined;
    const value = setting === undefined ? undefined : (attached ?? rest.shift());
    if (setting !== undefined && value !== undefined && value !== '') tls[setting] = value;
  }
  return { help, settings: Object.keys(tls).length === 0 ? {} : { tls } };
}
