import { redactText } from '@kso/kit';

// Bounded repetitions: the text is a foreign program's and must not make an expression backtrack.
const patterns: readonly (readonly [RegExp, string])[] = [
  // oxlint-disable-next-line no-control-regex -- colours begin with a control character
  [/\u001B\[[0-9;]{0,16}m/g, ''],
  [/\b(authorization"?\s{0,2}[:=]\s{0,2}"?)[^\s"]{1,4096}(\s[^\s"]{1,4096})?/gi, '$1[redacted]'],
  [/\b((?:password|passwd|secret|\w{0,32}token)"?\s{0,2}[:=]\s{0,2}"?)[^\s"&,}]{1,4096}/gi, '$1[redacted]'],
];

/**
 * Text of a foreign program made fit for a log and a report: without colours, without anything that looks like a login, and without
 * the given secrets wherever they stand.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let result = text;
  // Longest first: a secret may contain another one.
  for (const secret of secrets.filter((value) => value !== '').sort((a, b) => b.length - a.length)) {
    result = result.replaceAll(secret, '[redacted]');
  }
  for (const [pattern, replacement] of patterns) result = result.replace(pattern, replacement);
  return redactText(result);
}
