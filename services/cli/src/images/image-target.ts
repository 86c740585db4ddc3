import { existsSync, statSync } from 'node:fs';
import { parseImageReference } from '@kso/domain';
import type { LocalSource } from '@kso/kubevuln/local';
import { fail } from '../errors.ts';
import { type CliHost, userPath } from '../host.ts';

/** What `kso scan image` is asked about. */
export type ImageTarget =
  | { readonly type: 'registry'; readonly reference: string }
  | { readonly type: 'local'; readonly source: LocalSource };

const schemes = {
  'dir:': (directory: string): LocalSource => ({ type: 'directory', directory }),
  'oci-dir:': (directory: string): LocalSource => ({ type: 'ociLayout', directory }),
  'docker-archive:': (file: string): LocalSource => ({ type: 'dockerArchive', file }),
  'sbom:': (file: string): LocalSource => ({ type: 'sbom', file }),
} as const;

/** A reference, or a path behind the word for what lies there. @throws BAD_VALUE, PATH_UNREADABLE */
export function readImageTarget(text: string, host: CliHost): ImageTarget {
  for (const [scheme, sourceOf] of Object.entries(schemes)) {
    if (!text.startsWith(scheme)) continue;
    const path = userPath(host, text.slice(scheme.length));
    const isFolder = scheme === 'dir:' || scheme === 'oci-dir:';
    checkPath(text.slice(scheme.length), path, isFolder);
    return { type: 'local', source: sourceOf(path) };
  }
  checkReference(text);
  return { type: 'registry', reference: text };
}

function checkPath(written: string, path: string, isFolder: boolean): void {
  if (written === '' || !existsSync(path)) throw fail('PATH_UNREADABLE', { path: written, problem: 'does not exist' });
  if (statSync(path).isDirectory() !== isFolder) {
    throw fail('PATH_UNREADABLE', { path: written, problem: isFolder ? 'is no folder' : 'is a folder' });
  }
}

function checkReference(text: string): void {
  const parsed = parseImageReference(text);
  if (parsed.type === 'invalid') throw fail('BAD_VALUE', { option: text, problem: parsed.reason });
  if (parsed.type === 'imageId') {
    throw fail('BAD_VALUE', { option: text, problem: 'an image id names no registry: give name@digest' });
  }
}
