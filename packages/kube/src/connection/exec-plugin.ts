import { execFile } from 'node:child_process';
import path from 'node:path';
import type { Clock } from '@kso/kit';
import { z } from 'zod';
import { fail } from '../errors.ts';
import type { ExecConfig } from './kubeconfig-schema.ts';

/** What a credential plugin gave us; PEM text for certificates. */
export interface ExecCredential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
}

/** Runs the credential plugin of a kubeconfig user when there is no valid credential, one run at a time. */
export interface ExecPlugin {
  get(): Promise<ExecCredential>;
  /** After a 401: the next `get` runs the plugin again. */
  refused(): void;
}

export interface ExecPluginOptions {
  readonly exec: ExecConfig;
  readonly userName: string;
  /** Folder of the kubeconfig: a command with a separator in it is relative to that. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Passed on with `provideClusterInfo`. */
  readonly clusterInfo: Readonly<Record<string, unknown>>;
}

const timeoutMs = 60_000;
const maxOutputBytes = 1024 * 1024;
/** A credential is renewed this long before it expires. */
const renewalMarginMs = 10_000;

const Answer = z.object({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().nullish(),
  }),
});

/** client.authentication.k8s.io/v1 and v1beta1. Nobody sits at a terminal, so plugins that insist on one are refused. */
export function createExecPlugin(options: ExecPluginOptions): ExecPlugin {
  const { clock } = options;
  let known: ExecCredential | undefined;
  let running: Promise<ExecCredential> | undefined;

  const isValid = (credential: ExecCredential) =>
    credential.expiresAt === undefined || clock.now() < credential.expiresAt - renewalMarginMs;

  return {
    get: () => {
      if (known !== undefined && isValid(known)) return Promise.resolve(known);
      running ??= run(options)
        .then((credential) => {
          known = credential;
          return credential;
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
    refused: () => {
      known = undefined;
    },
  };
}

async function run(options: ExecPluginOptions): Promise<ExecCredential> {
  const { exec, userName } = options;
  const refuse = (reason: string) => {
    const hint = exec.installHint === undefined ? '' : ` (${exec.installHint.slice(0, 500)})`;
    return fail('KUBE_CREDENTIALS', { user: userName, reason: `${reason}${hint}` });
  };
  if (exec.interactiveMode === 'Always') throw refuse(`${exec.command} needs a terminal`);

  const output = await runCommand(options);
  if ('failure' in output) throw refuse(`${exec.command} ${output.failure}`);
  let json: unknown;
  try {
    json = JSON.parse(output.stdout);
  } catch {
    throw refuse(`${exec.command} did not print JSON`);
  }
  const answer = Answer.safeParse(json);
  if (!answer.success) throw refuse(`${exec.command} did not print an ExecCredential`);
  if (answer.data.apiVersion !== exec.apiVersion) {
    throw refuse(`${exec.command} speaks ${answer.data.apiVersion}, the kubeconfig asks for ${exec.apiVersion}`);
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.data.status;
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw refuse(`${exec.command} gave neither a token nor a certificate with its key`);
  }
  const expiresAt = Date.parse(expirationTimestamp ?? '');
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
  };
}

type CommandOutput = { readonly stdout: string } | { readonly failure: string };

function runCommand({ exec, folder, env, clusterInfo }: ExecPluginOptions): Promise<CommandOutput> {
  const command = /[\\/]/.test(exec.command) ? path.resolve(folder, exec.command) : exec.command;
  const spec = { interactive: false, ...(exec.provideClusterInfo === true ? { cluster: clusterInfo } : {}) };
  const added = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  const info = JSON.stringify({ apiVersion: exec.apiVersion, kind: 'ExecCredential', spec });
  const settings = {
    env: { ...env, ...added, KUBERNETES_EXEC_INFO: info },
    timeout: timeoutMs,
    maxBuffer: maxOutputBytes,
    windowsHide: true,
  };
  return new Promise((resolve) => {
    const child = execFile(command, exec.args ?? [], settings, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout });
      else resolve({ failure: describe(error, stderr) });
    });
    child.stdin?.end();
  });
}

/** Standard output is never shown: it is where the credential stands. */
function describe(error: Error & { code?: unknown; killed?: boolean }, stderr: string): string {
  if (error.code === 'ENOENT') return 'was not found';
  if (error.code === 'EACCES') return 'cannot be executed';
  if (error.killed === true) return `did not end within ${timeoutMs / 1000} s`;
  const lines = stderr.trim().slice(-500);
  return `failed${lines === '' ? '' : `: ${lines}`}`;
}
