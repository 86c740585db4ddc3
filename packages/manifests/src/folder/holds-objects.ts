import { readFile } from 'node:fs/promises';
import { readManifest } from '../read-file.ts';
import { walk } from './walk.ts';

/** Whether there is a Kubernetes object below the paths: reads no further than the first. @throws if a path or file cannot be read */
export async function holdsObjects(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    for (const { file } of (await walk(path)).files) {
      if (readManifest(await readFile(file)).objects.length > 0) return true;
    }
  }
  return false;
}
