import { delimiter, join } from 'node:path';
import type { ObjectSource } from '@kso/domain';
import { createLogger, createMetrics, systemClock } from '@kso/kit';
import type { FolderRenderer } from '@kso/manifests';
import type { CliHost } from '../host.ts';
import type { Target } from './target.ts';

export interface OpenedSource {
  readonly source: ObjectSource;
  close(): Promise<void>;
}

/** Opens what a target names, for one scan in this process. */
export async function openSource(target: Target, host: CliHost): Promise<OpenedSource> {
  if (target.kind === 'cluster') {
    const { createClusterSource } = await import('@kso/kube');
    const { client } = target;
    const logger = createLogger({ service: 'kso', level: 'silent' });
    const source = createClusterSource({ client, logger, clock: systemClock, metrics: createMetrics() });
    return { source, close: () => client.close() };
  }
  const { openManifests } = await import('./manifest-folder.ts');
  const { paths, texts = [], renders } = target;
  const renderer = renders === undefined ? undefined : await rendererOf(renders.helmValues, host);
  return {
    source: openManifests(paths, { texts, ...(renderer === undefined ? {} : { renderer }) }),
    close: () => Promise.resolve(),
  };
}

/** With the programs on PATH, then those of the tool cache. */
async function rendererOf(helmValues: readonly string[], { env, home, signal }: CliHost): Promise<FolderRenderer> {
  const { createProgramRenderer } = await import('@kso/manifests');
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return createProgramRenderer({ programFolders: [...folders, toolFolder(env, home)], home, helmValues, signal });
}

function toolFolder(env: CliHost['env'], home: string): string {
  const { KSO_TOOLS_DIR: named = '', XDG_CACHE_HOME: cache = '' } = env;
  if (named !== '') return named;
  return join(cache === '' ? join(home, '.cache') : cache, 'kso', 'bin');
}
