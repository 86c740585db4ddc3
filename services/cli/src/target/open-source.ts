import type { ObjectSource } from '@kso/domain';
import { createLogger, createMetrics, systemClock } from '@kso/kit';
import type { Target } from './target.ts';

export interface OpenedSource {
  readonly source: ObjectSource;
  close(): Promise<void>;
}

/** Opens what a target names, for one scan in this process. */
export async function openSource(target: Target): Promise<OpenedSource> {
  if (target.kind === 'cluster') {
    const { createClusterSource } = await import('@kso/kube');
    const { client } = target;
    const logger = createLogger({ service: 'kso', level: 'silent' });
    const source = createClusterSource({ client, logger, clock: systemClock, metrics: createMetrics() });
    return { source, close: () => client.close() };
  }
  const { openManifests } = await import('./manifest-folder.ts');
  return { source: openManifests(target.paths), close: () => Promise.resolve() };
}
