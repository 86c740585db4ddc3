import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../errors.ts';

/**
 * Where a suite keeps what outlives it. The CloudEndpoint and the vulnerability database are shared by all targets; everything about
 * one target (a cluster, a folder of manifests) stands in a folder of its own, so that the sample never mixes with a real cluster.
 */
export interface DataFolders {
  readonly root: string;
  readonly cloudEndpoint: string;
  readonly vulnerabilityDatabase: string;
  /** Queue, results and outboxes of the target. */
  readonly target: string;
  readonly scratch: string;
}

/** @throws DATA_FOLDER_UNUSABLE */
export function makeDataFolders(root: string, target: { readonly kind: string; readonly name: string }): DataFolders {
  const targetFolder = join(root, 'targets', folderNameOf(target));
  const folders: DataFolders = {
    root,
    cloudEndpoint: join(root, 'cloud-endpoint'),
    vulnerabilityDatabase: target.kind === 'sample' ? join(targetFolder, 'grype') : join(root, 'grype'),
    target: targetFolder,
    scratch: join(root, 'scratch'),
  };
  try {
    for (const folder of Object.values(folders) as string[]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(root, constants.W_OK);
  } catch (error) {
    throw fail(
      'DATA_FOLDER_UNUSABLE',
      { folder: root, problem: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
  return folders;
}

/** Readable, safe as a file name whatever the target is called, and different for different targets. */
function folderNameOf(target: { readonly kind: string; readonly name: string }): string {
  const readable = target.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-40);
  const hash = createHash('sha256').update(`${target.kind}\n${target.name}`).digest('hex').slice(0, 8);
  return `${target.kind}-${readable}-${hash}`;
}
