import { cloudOfRegistry, type LoginAttempt, type Resolution } from '@kso/registry';
import { cloudStrategies, type SourceMetrics } from '../source-metrics.ts';

/** Follows one image from registry to registry and login to login, for the metrics. */
export interface ResolutionTally {
  /** A registry is asked: what came of a login before does not matter any more. */
  begin(): void;
  attempted(registry: string, attempt: LoginAttempt): void;
  /** The image is looked for by something else than before. */
  fellBack(): void;
  retried(outcome: 'attempt' | 'success' | 'exhausted'): void;
  end(outcome: Resolution['outcome']): void;
}

export function createResolutionTally(metrics: SourceMetrics | undefined): ResolutionTally {
  let usedFallback = false;
  let refused = false;
  return {
    begin: () => {
      refused = false;
    },
    attempted: (registry, { login, outcome }) => {
      const strategy = strategyOf(registry, login, refused);
      refused = true;
      if (strategy === undefined || outcome === 'cancelled') return;
      usedFallback = true;
      metrics?.fellBack({
        category: 'registry_auth',
        strategy,
        outcome: outcome === 'resolved' ? 'succeeded' : 'failed',
      });
    },
    fellBack: () => {
      usedFallback = true;
    },
    retried: (outcome) => metrics?.retried(outcome),
    end: (outcome) => {
      if (outcome === 'cancelled') return;
      if (outcome === 'resolved') metrics?.resolved(usedFallback ? 'fallback_assisted_success' : 'first_pass_success');
      else metrics?.resolved(usedFallback ? 'fallback_failed' : 'first_pass_failure');
    },
  };
}

/** Undefined for what is no fallback: the logins that are known, and nobody where there is none. */
function strategyOf(registry: string, login: LoginAttempt['login'], refused: boolean) {
  if (login === 'none') return refused ? 'anonymous' : undefined;
  const cloud = login === 'fallback' ? cloudOfRegistry(registry)?.cloud : undefined;
  return cloud === undefined ? undefined : cloudStrategies[cloud];
}
