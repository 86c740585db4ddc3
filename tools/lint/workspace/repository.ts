import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The files of a checkout as the checks see them: tests pass a few of their own. */
export interface Repository {
  /** Relative to the root, with `/`: what is committed or would be. */
  readonly files: readonly string[];
  /** @throws when it does not exist */
  read(file: string): string;
}

/** One line for a person: the file and what is wrong with it. */
export type Problem = string;

export type Check = (repository: Repository) => Problem[];

export function openRepository(root: string): Repository {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const { stdout, status, stderr } = spawnSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`git ls-files: ${stderr}`);
  const listed = stdout.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
  return { files: [...new Set(listed)], read: (file) => readFileSync(path.join(root, file), 'utf8') };
}

export function repositoryOf(files: Readonly<Record<string, string>>): Repository {
  return {
    files: Object.keys(files),
    read: (file) => {
      const content = files[file];
      if (content === undefined) throw new Error(`no ${file}`);
      return content;
    },
  };
}
