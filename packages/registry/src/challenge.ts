/** One `WWW-Authenticate` challenge. */
export interface Challenge {
  /** Lower-case. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const maxHeaderLength = 4096;

/** Reads the first challenge of a `WWW-Authenticate` header; undefined when there is none that can be read. */
export function parseChallenge(header: string | readonly string[] | undefined): Challenge | undefined {
  const text = (typeof header === 'string' ? header : (header?.[0] ?? '')).slice(0, maxHeaderLength);
  const scheme = /^\s*([A-Za-z]+)(?:\s+|$)/.exec(text);
  if (scheme?.[1] === undefined) return undefined;
  const parameters: Record<string, string> = {};
  for (const [, name = '', quoted, plain] of text
    .slice(scheme[0].length)
    .matchAll(/([A-Za-z_]+)=(?:"([^"]*)"|([^\s,]+))/g)) {
    parameters[name.toLowerCase()] = quoted ?? plain ?? '';
  }
  return { scheme: scheme[1].toLowerCase(), parameters };
}
