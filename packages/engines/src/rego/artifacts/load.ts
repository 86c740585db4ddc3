import { dirname, join } from 'node:path';
import type { HttpClient } from '@kso/kit';
import { toolCacheDirectory } from '../../programs/index.ts';
import { downloadArtifacts } from './download.ts';
import { type LoadedArtifacts, readArtifacts } from './files.ts';
import { readFolder, readSingleFile } from './folder.ts';

export interface LoadArtifactsOptions {
  /** Read for proxy, CA and the cache folder. */
  readonly env: NodeJS.ProcessEnv;
  /** By default one with the proxy and the CAs of `env`. */
  readonly http?: HttpClient | undefined;
  /** Where downloads are kept; default `policy` beside the cached tools. */
  readonly cacheDirectory?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Upstream's policies from a folder, in the released or in the cached form, from the URL of a release
 * (`https://…/releases/latest/download`), or from one document with a framework or a control (`….json`, a file or a URL).
 */
export async function loadArtifacts(from: string, options: LoadArtifactsOptions): Promise<LoadedArtifacts> {
  if (!/^https?:\/\//i.test(from)) {
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(from)) return { ok: false, problem: `${from}: only folders, http and https` };
    const isDocument = from.toLowerCase().endsWith('.json');
    const read = isDocument ? await readSingleFile(from) : await readFolder(from, isArtifactName);
    return read.ok ? readArtifacts(from, read.files) : read;
  }
  const url = URL.parse(from);
  if (url === null) return { ok: false, problem: `${from} is no URL` };
  const cacheDirectory = options.cacheDirectory ?? join(dirname(toolCacheDirectory(options.env)), 'policy');
  const downloaded = await downloadArtifacts(url, { ...options, cacheDirectory });
  if (!downloaded.ok) return downloaded;
  const read = readArtifacts(downloaded.source, downloaded.files);
  if (!read.ok) return read;
  const problems = [...downloaded.problems, ...read.artifacts.problems];
  return { ok: true, artifacts: { ...read.artifacts, problems } };
}

function isArtifactName(name: string): boolean {
  return !name.startsWith('.') && (!name.includes('.') || /\.(?:json|csv)$/i.test(name));
}
