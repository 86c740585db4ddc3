/** Command line of the http-request image that CronJob pods were made for (operator-gateway.md 4.4.4), and our additions. */
export type ParsedArguments =
  | { readonly ok: true; readonly help: boolean; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Flags by name: the setting they fill, and what they are. */
const flags: Readonly<Record<string, { readonly setting: string; readonly kind: 'text' | 'headers' | 'switch' }>> = {
  method: { setting: 'method', kind: 'text' },
  scheme: { setting: 'scheme', kind: 'text' },
  host: { setting: 'host', kind: 'text' },
  path: { setting: 'path', kind: 'text' },
  headers: { setting: 'headers', kind: 'headers' },
  body: { setting: 'body', kind: 'text' },
  'path-body': { setting: 'pathBody', kind: 'text' },
  'path-output': { setting: 'pathOutput', kind: 'text' },
  'skip-ssl-verify': { setting: 'skipSslVerify', kind: 'switch' },
  'token-file': { setting: 'tokenFile', kind: 'text' },
  timeout: { setting: 'timeout', kind: 'text' },
};

export const usage = `usage: trigger -host HOST:PORT [-path-body FILE] [flags]

  -method METHOD        GET, POST (default) or DELETE
  -scheme SCHEME        http (default) or https
  -host HOST:PORT       where to send it, e.g. operator:4002
  -path PATH            default v1/triggerAction
  -headers "K:V;K:V"    default Content-Type:application/json
  -path-body FILE       file with the body
  -body TEXT            the body itself
  -token-file FILE      file with a bearer token; it is read again when it is rejected
  -path-output FILE     where to write the answer
  -skip-ssl-verify      do not check the certificate
  -timeout DURATION     for one attempt, default 60s

Every flag can be given as KSO_TRIGGER_… too (KSO_TRIGGER_HOST, KSO_TRIGGER_TOKEN_FILE …).
Exit codes: 0 accepted, 1 refused, 2 usage, 3 not delivered, 78 settings that cannot work.`;

/** Reads flags as Go does: one or two dashes, value after `=` or as next argument, switches without value. */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  const settings: Record<string, unknown> = {};
  const problems: string[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, name = '', attached] = /^--?([a-z][a-z-]*)(?:=([\s\S]*))?$/.exec(argument) ?? [];
    if (name === 'h' || name === 'help') return { ok: true, help: true, settings: {} };
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) {
      // Only a flag's name is shown: anything else may be a secret that lost its flag.
      problems.push(name === '' ? 'there are only flags, no other arguments' : `unknown flag -${name}`);
      continue;
    }
    const text = attached ?? (flag.kind === 'switch' ? 'true' : rest.shift());
    const read = text === undefined ? ({ ok: false, problem: 'needs a value' } as const) : readValue(flag.kind, text);
    if (read.ok) settings[flag.setting] = read.value;
    else problems.push(`-${name} ${read.problem}`);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, help: false, settings };
}

type ReadValue = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

function readValue(kind: 'text' | 'headers' | 'switch', text: string): ReadValue {
  switch (kind) {
    case 'switch':
      if (!['true', 'false', '1', '0'].includes(text.toLowerCase())) return { ok: false, problem: 'is true or false' };
      return { ok: true, value: ['true', '1'].includes(text.toLowerCase()) };
    case 'headers': {
      const headers = parseHeaders(text);
      // A command line is seen by everyone who may list processes or pods.
      if (Object.keys(headers).some((name) => /^(authorization|x-api-key|cookie)$/i.test(name))) {
        return { ok: false, problem: 'must not carry a secret; use -token-file' };
      }
      return { ok: true, value: headers };
    }
    default:
      return { ok: true, value: unquote(text) };
  }
}

/** `K:V;K:V`; an item without exactly one colon is dropped, as upstream does. */
export function parseHeaders(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const item of unquote(text).split(';')) {
    const parts = item.split(':').map((part) => part.trim());
    const [name = '', value = ''] = parts;
    if (parts.length === 2 && name !== '') headers[name] = value;
  }
  return headers;
}

/** Older charts wrap values in literal double quotes. */
function unquote(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
