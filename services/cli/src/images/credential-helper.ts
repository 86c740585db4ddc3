import { spawn } from 'node:child_process';
import { isRecord } from '@kso/domain';
import { RegistryCredentials } from '@kso/wire';
import type { CliHost } from '../host.ts';

/** A helper may wait for a key chain to be unlocked; it does not get for ever. */
const timeoutMs = 30_000;
const maxAnswerBytes = 1024 * 1024;

/**
 * Asks `docker-credential-<name>` for the login of a server (https://github.com/docker/docker-credential-helpers). Both go by pipes, nothing
 * secret is on a command line. Undefined when there is no such helper, or none such login: the pull is anonymous then.
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  host: CliHost,
): Promise<RegistryCredentials | undefined> {
  // The name is from a file and becomes that of a program.
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name)) return undefined;
  const answer = parseJson(await run(`docker-credential-${name}`, server, host));
  const { Username: username, Secret: secret } = isRecord(answer) ? answer : {};
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined;
  const login = username === '<token>' ? { identitytoken: secret } : { username, password: secret };
  return RegistryCredentials.parse({ ...login, serveraddress: server });
}

function run(program: string, input: string, { env, signal }: CliHost): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const child = spawn(program, ['get'], {
    env: { ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: timeoutMs,
    signal,
  });
  let answer = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
    if (answer.length > maxAnswerBytes) child.kill();
  });
  // Not installed, or ended before it has read.
  child.on('error', () => resolve(''));
  child.stdin.on('error', () => undefined);
  child.on('close', (code) => resolve(code === 0 ? answer : ''));
  child.stdin.end(input);
  return promise;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
