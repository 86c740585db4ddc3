import path from 'node:path';
import { freePort } from '@kso/testkit';
import { type RunningProgram, startProgram } from '@kso/testkit/process';

const root = path.resolve(import.meta.dirname, '../..');

/** A service that runs as its own process, as in a pod. */
export interface Deployable {
  readonly name: string;
  readonly program: RunningProgram;
  readonly healthUrl: string;
}

export interface DeployableOptions {
  /** Folder in `services/`. */
  readonly name: string;
  /** Of a folder with two programs, the other one; default `src/main.ts`. */
  readonly main?: string;
  /** e.g. `KSO_OPERATOR`; `…_HOST` and the port of the probes are set here. */
  readonly prefix: string;
  /** Default `HEALTH_PORT`. */
  readonly healthPort?: string;
  /** For the log. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** What is waited for; default `readiness`. `liveness` is for one that lacks something and says so. */
  readonly probe?: 'readiness' | 'liveness';
}

/** Starts `services/<name>/<main>` and waits for its probe. */
export async function startDeployable(options: DeployableOptions): Promise<Deployable> {
  const { name, main = 'src/main.ts', prefix, healthPort = 'HEALTH_PORT', folder, env, probe = 'readiness' } = options;
  const port = await freePort();
  const healthUrl = `http://127.0.0.1:${port}`;
  const program = await startProgram({
    program: process.execPath,
    args: [path.join(root, 'services', name, main)],
    env: { KSO_LOG_LEVEL: 'info', [`${prefix}_HOST`]: '127.0.0.1', [`${prefix}_${healthPort}`]: String(port), ...env },
    logFile: path.join(folder, `${name}.log`),
    ready: async () => (await fetch(`${healthUrl}/v1/${probe}`)).status === 200,
  });
  return { name, program, healthUrl };
}
