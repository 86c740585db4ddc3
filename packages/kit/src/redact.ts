import { redacted } from './secret.ts';

/** Names of fields whose value is never logged, whatever the depth they are bound to below. */
export const secretFields = [
  'password',
  'passwd',
  'secret',
  'token',
  'accessKey',
  'access_key',
  'apiKey',
  'api_key',
  'secretKey',
  'privateKey',
  'authorization',
  'Authorization',
  'cookie',
  'credentials',
  'auth',
  'identitytoken',
  'registrytoken',
  'identityToken',
  'registryToken',
  'credentialsList',
] as const;

/** Headers that carry credentials; compared in lower case. */
const secretHeaders = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-registry-auth',
]);

// Bounded repetitions: the text may come from outside and must not make the expression backtrack.
const userInfo = /([a-z][a-z0-9+.-]{1,30}:\/\/)[^\s/?#"'\\@]{1,512}(?::[^\s/?#"'\\]{0,1024})?@/gi;
const schemeCredentials = /\b(Bearer|Basic)\s{1,4}[A-Za-z0-9\-._~+/]{6,}=*/g;

/** Takes `user:password@` out of URLs and the value out of `Bearer …` and `Basic …` in any text. */
export function redactText(text: string): string {
  let result = text;
  if (result.includes('://')) result = result.replace(userInfo, `$1${redacted}@`);
  if (result.includes('Bearer') || result.includes('Basic')) {
    result = result.replace(schemeCredentials, `$1 ${redacted}`);
  }
  return result;
}

/** A copy of the headers that may be logged. */
export function redactHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeaders.has(name.toLowerCase()) ? redacted : value]),
  );
}
