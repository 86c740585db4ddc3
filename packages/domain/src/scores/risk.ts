import type { KubeObject } from '@kso/wire';
import { isRecord, isWorkload } from '../workload.ts';

/** Numerator and denominator of a risk score: weights of the failed and of all resources, times the base score (scanner.md 11.3). */
export interface RiskParts {
  readonly failed: number;
  readonly all: number;
}

/** 0 to 100, higher is worse; 0 for one control that looked at nothing. */
export function riskOf(parts: readonly RiskParts[]): number {
  const all = parts.reduce((sum, part) => sum + part.all, 0);
  return all === 0 ? 0 : (parts.reduce((sum, part) => sum + part.failed, 0) / all) * 100;
}

/** Of a framework or a scan: 100 where every control was irrelevant, as the existing product has it. */
export function overallRiskOf(parts: readonly RiskParts[]): number {
  return parts.every(({ all }) => all === 0) ? 100 : riskOf(parts);
}

const perReplica = 1.1;

/**
 * How many pods an object stands for: 1, replicas times 1.1 above one, and for a DaemonSet the pods that it wants to run. 0 for a
 * DaemonSet that does not tell, because nobody runs it yet: as many as there are nodes.
 */
export function riskWeight(object: KubeObject): number {
  if (!isWorkload(object)) return 1;
  const { spec, status } = object;
  if (object.kind === 'DaemonSet') {
    const desired = isRecord(status) ? status['desiredNumberScheduled'] : undefined;
    return typeof desired === 'number' && Number.isFinite(desired) && desired >= 0 ? Math.max(1, desired) : 0;
  }
  const replicas = isRecord(spec) ? spec['replicas'] : undefined;
  return typeof replicas === 'number' && Number.isFinite(replicas) && replicas > 1 ? replicas * perReplica : 1;
}
