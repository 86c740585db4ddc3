import type { Metrics } from '@kso/kit';

/** Of finding an image at its registry, and of the ways out where that failed (kubevuln.md 13.1). */
export interface SourceMetrics {
  fellBack(fallback: Fallback): void;
  resolved(outcome: SourceOutcome): void;
  /** A registry was asked again, or what came of doing so. */
  retried(outcome: 'attempt' | 'success' | 'exhausted'): void;
  /** A scan ended for a reason that has a class of its own. */
  classified(reason: string): void;
}

export interface Fallback {
  readonly category: 'registry_auth' | 'platform' | 'size_classification';
  readonly strategy:
    | CloudStrategy
    | 'anonymous'
    | 'image_too_large'
    | 'sbom_too_large'
    | 'incomplete'
    | 'platform_mismatch';
  readonly outcome: 'classified' | 'failed' | 'succeeded';
}

export type CloudStrategy = 'ecr' | 'gcp_adc' | 'acr';

export type SourceOutcome =
  | 'first_pass_success'
  | 'fallback_assisted_success'
  | 'fallback_failed'
  | 'first_pass_failure';

/** How a cloud's own logins are called in metrics. */
export const cloudStrategies: Readonly<Record<'aws' | 'google' | 'azure', CloudStrategy>> = {
  aws: 'ecr',
  google: 'gcp_adc',
  azure: 'acr',
};

const classes: Readonly<Record<string, Pick<Fallback, 'category' | 'strategy'>>> = {
  imageTooLarge: { category: 'size_classification', strategy: 'image_too_large' },
  sbomTooLarge: { category: 'size_classification', strategy: 'sbom_too_large' },
  timedOut: { category: 'size_classification', strategy: 'incomplete' },
  platformNotSupported: { category: 'platform', strategy: 'platform_mismatch' },
};

/** Engines run beside the service, as children of it; upstream knows a sidecar too. */
const component = 'in_process';

export function createSourceMetrics(metrics: Metrics): SourceMetrics {
  const fallbacks = metrics.counter({
    name: 'kubevuln_scan_fallbacks_total',
    help: 'Ways out that were taken where the first one failed, and scans that ended in a class of their own.',
    labelNames: ['component', 'category', 'strategy', 'outcome'],
  });
  const resolutions = metrics.counter({
    name: 'kubevuln_scan_source_resolution_total',
    help: 'Images that were looked for at their registry, by whether a fallback was needed.',
    labelNames: ['component', 'outcome'],
  });
  const retries = metrics.counter({
    name: 'kubevuln_retry_attempts_total',
    help: 'Repeated attempts of an operation, and what came of them.',
    labelNames: ['operation', 'outcome'],
  });
  const fellBack = (fallback: Fallback): void => {
    fallbacks.inc({ component, ...fallback });
  };
  return {
    fellBack,
    resolved: (outcome) => {
      resolutions.inc({ component, outcome });
    },
    retried: (outcome) => {
      retries.inc({ operation: 'source_resolution', outcome });
    },
    classified: (reason) => {
      const known = Object.hasOwn(classes, reason) ? classes[reason] : undefined;
      if (known !== undefined) fellBack({ ...known, outcome: 'classified' });
    },
  };
}

/** Counts how often a login of a cloud was there already. */
export function countCloudLogins(
  metrics: Metrics,
): (cloud: keyof typeof cloudStrategies, outcome: 'hit' | 'miss' | 'coalesced') => void {
  const lookups = metrics.counter({
    name: 'kubevuln_registry_auth_cache_total',
    help: 'Logins of clouds that were asked for, by whether they had to be fetched.',
    labelNames: ['strategy', 'outcome'],
  });
  return (cloud, outcome) => {
    lookups.inc({ strategy: cloudStrategies[cloud], outcome });
  };
}
