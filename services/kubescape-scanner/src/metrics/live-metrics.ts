import { createMetrics, type Logger, type Metrics } from '@kso/kit';
import { kubescapeMetrics } from './kubescape-metrics.ts';
import type { PostureFigures } from './posture-figures.ts';

/** Adds the state of the cluster to what a scrape of the process shows. It is counted when somebody asks, and no scan is started. */
export function showLiveFigures(
  metrics: Metrics,
  logger: Logger,
  readFigures: () => Promise<PostureFigures | undefined>,
): void {
  let underway: Promise<void> | undefined;
  const refresh = async (): Promise<void> => {
    try {
      const figures = await readFigures();
      if (figures !== undefined) shown.show(figures);
    } catch (error) {
      // What was known before stays; the rest of the scrape is not to fail for it.
      logger.warn({ err: error }, 'posture metrics could not be refreshed');
    }
  };
  const shown = kubescapeMetrics(metrics, {
    withResources: false,
    refresh: () => (underway ??= refresh().finally(() => (underway = undefined))),
  });
}

/** The text of `GET /v1/metrics`, with one series a resource. `frameworks`: only these and their controls. */
export function metricsText(figures: PostureFigures): Promise<string> {
  const metrics = createMetrics();
  kubescapeMetrics(metrics, { withResources: true }).show(figures);
  return metrics.registry.metrics();
}

/** The same figures for some frameworks and their controls; undefined names are answered back. */
export function selectFrameworks(
  figures: PostureFigures,
  names: readonly string[],
):
  | { readonly ok: true; readonly figures: PostureFigures }
  | { readonly ok: false; readonly unknown: readonly string[] } {
  if (names.length === 0) return { ok: true, figures };
  const byName = new Map(figures.frameworks.map((framework) => [framework.name.toLowerCase(), framework]));
  const unknown = names.filter((name) => !byName.has(name.toLowerCase()));
  if (unknown.length > 0) return { ok: false, unknown };
  const frameworks = names.flatMap((name) => byName.get(name.toLowerCase()) ?? []);
  const ids = new Set(frameworks.flatMap(({ controlIds }) => controlIds));
  return {
    ok: true,
    figures: { ...figures, frameworks, byControl: figures.byControl.filter(({ id }) => ids.has(id)) },
  };
}
