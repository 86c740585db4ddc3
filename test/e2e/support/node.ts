import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { requireProgram } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';

const execute = promisify(execFile);

/** The node that the tests run on: `cluster.sh exec` says so. */
export interface Node {
  /** Where pods reach what the test serves. */
  readonly ip: string;
  /** `host:port` as pods' images are named. */
  readonly registry: string;
}

/** @throws when the process does not run on the node of the test cluster */
export function theNode(): Node {
  const { KSO_NODE_IP: ip, KSO_REGISTRY: registry } = process.env;
  if (ip === undefined || registry === undefined)
    throw new Error('these tests run on the node of a test cluster: pnpm test:e2e');
  return { ip, registry };
}

/** Runs kubectl or helm and answers what it printed. @throws with its output */
export async function run(program: 'kubectl' | 'helm', args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute(requireProgram(program), args, { maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`, { cause: error });
  }
}

export const kubectl = (...args: readonly string[]) => run('kubectl', args);

/** The objects that `kubectl get` finds, e.g. `pods -n kubescape`. */
export async function list<T extends KubeObject>(...args: readonly string[]): Promise<readonly T[]> {
  const { items } = JSON.parse(await kubectl('get', ...args, '-o', 'json')) as { items: T[] };
  return items;
}

/** Applies objects as a user would, from a file. */
export async function apply(...objects: readonly KubeObject[]): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-apply-'));
  try {
    const file = path.join(folder, 'objects.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await kubectl('apply', '-f', file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
