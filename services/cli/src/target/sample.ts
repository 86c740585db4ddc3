import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The manifests, images and advisories that come with the product; absent in an image that was built without them. */
export const sampleFolder = fileURLToPath(new URL('../../../../deploy/sample', import.meta.url));

export function hasSample(): boolean {
  return existsSync(sampleFolder);
}

/** Whether a path names the sample, whatever way it is written. */
export function isSample(path: string): boolean {
  try {
    return realpathSync(path) === realpathSync(sampleFolder);
  } catch {
    return false;
  }
}
