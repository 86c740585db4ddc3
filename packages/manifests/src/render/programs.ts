import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import type { FolderRenderer, RenderedFolder, RenderResult } from './port.ts';

export interface ProgramRendererOptions {
  /** Folders in which programs are looked for, the first one first. */
  readonly programFolders: readonly string[];
  /** `HOME` of the programs: Helm keeps its settings there. Nothing else of the environment reaches them. */
  readonly home: string;
  /** Values files for charts, absolute. */
  readonly helmValues?: readonly string[];
  readonly signal?: AbortSignal;
  /** Default: one minute. Kustomizations may fetch what they name. */
  readonly timeoutMs?: number;
  readonly maxOutputBytes?: number;
}

interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
}

/** Renders with the programs that people use: `helm template`, `kustomize build` or `kubectl kustomize`. */
export function createProgramRenderer(options: ProgramRendererOptions): FolderRenderer {
  return {
    render: async (folder) => {
      for (const { program, args } of invocationsFor(folder, options.helmValues ?? [])) {
        const file = await find(program, options.programFolders);
        if (file !== undefined) return run(file, args, folder.folder, options);
      }
      const missing = folder.type === 'helm' ? 'helm is not installed' : 'neither kustomize nor kubectl is installed';
      return { outcome: 'notRendered', reason: missing };
    },
  };
}

function invocationsFor({ type, folder }: RenderedFolder, helmValues: readonly string[]): Invocation[] {
  if (type === 'kustomize')
    return [
      { program: 'kustomize', args: ['build', folder] },
      { program: 'kubectl', args: ['kustomize', folder] },
    ];
  const values = helmValues.flatMap((file) => ['--values', file]);
  return [{ program: 'helm', args: ['template', 'release-name', folder, '--include-crds', '--skip-tests', ...values] }];
}

async function find(program: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    // A relative entry would mean a program out of the folder that is scanned.
    if (!path.isAbsolute(folder)) continue;
    const file = path.join(folder, program);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}

const maxProblemLength = 4_000;

async function run(
  file: string,
  args: readonly string[],
  cwd: string,
  { home, programFolders, signal, timeoutMs = 60_000, maxOutputBytes = 256 * 1024 * 1024 }: ProgramRendererOptions,
): Promise<RenderResult> {
  const { promise, resolve } = Promise.withResolvers<RenderResult>();
  const notRendered = (reason: string): void => resolve({ outcome: 'notRendered', reason });
  const child = spawn(file, args, {
    cwd,
    env: { PATH: programFolders.join(path.delimiter), HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    ...(signal === undefined ? {} : { signal }),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let problem = '';
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxOutputBytes) chunks.push(chunk);
    else child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (problem.length < maxProblemLength) problem += text.slice(0, maxProblemLength);
  });
  const name = path.basename(file);
  child.on('error', (error) => {
    notRendered(`${name}: ${error.message}`);
  });
  child.on('close', (code) => {
    if (size > maxOutputBytes) notRendered(`${name} gave more than ${maxOutputBytes} bytes`);
    else if (code === 0) resolve({ outcome: 'rendered', text: Buffer.concat(chunks).toString('utf8') });
    else if (code === null) notRendered(`${name} did not end within ${timeoutMs / 1000} s`);
    else notRendered(`${name}: ${reasonIn(problem) ?? `it ended with ${code}`}`);
  });
  return promise;
}

/** The line with the error; warnings may stand before it. */
function reasonIn(problem: string): string | undefined {
  const lines = problem
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const error = lines.find((line) => /^error:/i.test(line)) ?? lines.at(-1);
  return error?.replace(/^error:\s*/i, '');
}
