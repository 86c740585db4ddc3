import type { Gauge, Metrics } from '@kso/kit';
import type { Tally } from '@kso/wire';
import type { PostureFigures } from './posture-figures.ts';

/** Metrics under the names of the existing product (scanner.md 19), of which clients draw their boards. */
export interface KubescapeMetrics {
  /** Shows these figures and nothing of those before. */
  show(figures: PostureFigures): void;
}

export interface KubescapeMetricsOptions {
  /** One series a resource: for the route that is made for it, not for every scrape of the process. */
  readonly withResources: boolean;
  /** Called for each scrape, before anything is written. */
  readonly refresh?: () => Promise<void>;
}

type Labels = Readonly<Record<string, string>>;
const statuses = ['failed', 'skipped', 'passed'] as const;

export function kubescapeMetrics(metrics: Metrics, options: KubescapeMetricsOptions): KubescapeMetrics {
  const gauges: Gauge[] = [];
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge => {
    const made = metrics.gauge({
      name,
      help,
      labelNames: [...labelNames],
      // All are filled together, by whichever is asked first.
      ...(options.refresh === undefined ? {} : { collect: options.refresh }),
    });
    gauges.push(made);
    return made;
  };
  const counts = (prefix: string, what: string, labelNames: readonly string[] = []) => {
    const made = statuses.map(
      (status) => [status, gauge(`${prefix}_${status}`, `${what}: ${status}.`, labelNames)] as const,
    );
    return (tally: Tally, labels: Labels = {}) => {
      for (const [status, each] of made) each.set(labels, tally[status]);
    };
  };

  const compliance = gauge('kubescape_cluster_complianceScore', 'Compliance of the cluster, 0 to 100.');
  const clusterResources = counts('kubescape_cluster_count_resources', 'Resources of the cluster');
  const clusterControls = counts('kubescape_cluster_count_control', 'Controls of the cluster');
  const coverage = gauge('kubescape_cluster_coverage_score', 'How much of what is asked could be answered, 0 to 100.');
  const frameworkCompliance = gauge('kubescape_framework_complianceScore', 'Compliance by framework.', ['name']);
  const frameworkResources = counts('kubescape_framework_count_resources', 'Resources by framework', ['name']);
  const frameworkControls = counts('kubescape_framework_count_control', 'Controls by framework', ['name']);
  const controlLabels = ['controlID', 'name', 'severity', 'link'];
  const controlCompliance = gauge('kubescape_control_complianceScore', 'Compliance by control.', controlLabels);
  const controlResources = counts('kubescape_control_count_resources', 'Resources by control', controlLabels);
  const failedIn = gauge('kso_posture_failed_resources', 'Resources that fail a control, by namespace.', [
    'control',
    'severity',
    'namespace',
  ]);
  const resources = options.withResources ? resourceGauges(gauge) : undefined;
  const score = gauge('kubescape_score', 'Compliance of the cluster once more.');

  return {
    show: (figures) => {
      for (const each of gauges) each.reset();
      compliance.set(rounded(figures.compliance));
      clusterResources(figures.resources);
      clusterControls(figures.controls);
      coverage.set(rounded(figures.coverage));
      for (const framework of figures.frameworks) {
        const labels = { name: framework.name };
        frameworkCompliance.set(labels, rounded(framework.compliance));
        frameworkResources(framework.resources, labels);
        frameworkControls(framework.controls, labels);
      }
      for (const control of figures.byControl) {
        const { id, name, severity } = control;
        const labels = { controlID: id, name, severity, link: linkOf(id) };
        controlCompliance.set(labels, rounded(control.compliance));
        controlResources(control.resources, labels);
        for (const [namespace, failed] of Object.entries(control.failedByNamespace))
          failedIn.set({ control: id, severity, namespace }, failed);
      }
      resources?.(figures);
      score.set(rounded(figures.compliance));
    },
  };
}

function resourceGauges(gauge: (name: string, help: string, labelNames: readonly string[]) => Gauge) {
  const labelNames = ['apiVersion', 'kind', 'namespace', 'name'];
  const failed = gauge('kubescape_resource_count_controls_failed', 'Controls that a resource fails.', labelNames);
  const skipped = gauge('kubescape_resource_count_controls_skipped', 'Controls that were not evaluated.', labelNames);
  return ({ byResource }: PostureFigures): void => {
    for (const resource of byResource) {
      const { apiVersion, kind, namespace, name } = resource;
      failed.set({ apiVersion, kind, namespace, name }, resource.failed);
      skipped.set({ apiVersion, kind, namespace, name }, resource.skipped);
    }
  };
}

/** Integers, and what is below 100 is never shown as 100 (scanner.md 11.2, 19). */
function rounded(score: number): number {
  return score < 100 ? Math.min(99, Math.round(score)) : Math.round(score);
}

function linkOf(controlId: string): string {
  return `https://hub.armosec.io/docs/${controlId.toLowerCase().replaceAll('.', '-')}`;
}
