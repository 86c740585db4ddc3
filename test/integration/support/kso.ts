import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
/** The program of the checkout. */
export const main = path.join(root, 'services/cli/src/main.ts');

/** No kubeconfig, no docker logins and no data of whoever runs the tests; nor where they typed it, if pnpm started them. */
export function ownEnvironment(home: string): NodeJS.ProcessEnv {
  const { INIT_CWD: _cwd, npm_lifecycle_event: _script, ...inherited } = process.env;
  return {
    ...inherited,
    HOME: home,
    XDG_DATA_HOME: '',
    XDG_CACHE_HOME: '',
    KUBECONFIG: '',
    KSO_LOG_LEVEL: 'info',
  };
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What stands on standard input; by default nothing. */
  readonly stdin?: string;
  readonly onStderr?: (text: string, child: ChildProcess) => void;
}

/** Runs `kso` as a process of its own. */
export async function runKso(args: readonly string[], { env, cwd, stdin, onStderr }: RunOptions = {}): Promise<Run> {
  const child = spawn(process.execPath, [main, ...args], {
    env: env ?? process.env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onStderr?.(stderr, child);
  });
  child.stdin?.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
