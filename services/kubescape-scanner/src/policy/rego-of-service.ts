import { type ControlInputs, extendCatalogue, type PolicyCatalogue, selectControls } from '@kso/controls';
import type { ObjectSource } from '@kso/domain';
import type { RegoEngine } from '@kso/engines';
import { describeError, type Logger } from '@kso/kit';
import type { Degradation } from '@kso/wire';
import type { ScannerConfig } from '../config.ts';
import { loadRegoPolicies, type RegoPolicies, regoEngine } from '../scan/rego-policies.ts';

/** Policies in Rego that a scanner was started with. Plain data: it goes to the evaluating thread. */
export interface ServiceRego {
  readonly policies?: RegoPolicies;
  /** What could not be used of them; every report says so. */
  readonly problems: readonly Degradation[];
}

export const noRego: ServiceRego = { problems: [] };

/** Reads what is configured. Never throws: a scanner whose artifacts cannot be had evaluates the rest, and says so. */
export async function regoOfService({ policy, offline }: ScannerConfig, logger: Logger): Promise<ServiceRego> {
  const { artifacts, customRules } = policy;
  try {
    const isRefused = offline && artifacts !== undefined && /^https?:/i.test(artifacts);
    if (isRefused) throw new Error('artifacts are not downloaded while the scanner is offline');
    const policies = await loadRegoPolicies({ artifacts, customRules }, { env: process.env });
    return policies === undefined ? noRego : { policies, problems: policies.problems };
  } catch (error) {
    logger.error({ err: error }, 'policies in Rego cannot be used');
    return { problems: [{ component: 'policies in Rego', reason: describeError(error) }] };
  }
}

/** A catalogue with what is in Rego; that comes before our own of the same name. */
export function withRego(catalogue: PolicyCatalogue, { policies }: ServiceRego): PolicyCatalogue {
  return policies === undefined ? catalogue : extendCatalogue(catalogue, policies.added);
}

/** What evaluates them over a source; undefined without any. Its threads start when something is evaluated. */
export function openRego(
  { policies }: ServiceRego,
  sourceType: ObjectSource['type'],
  inputs: ControlInputs,
): RegoEngine | undefined {
  if (policies === undefined) return undefined;
  const scope = sourceType === 'cluster' ? 'cluster' : 'file';
  const selection = selectControls({ scope, catalogue: policies.added });
  return regoEngine(policies, selection.ok ? selection.controls : [], inputs);
}
