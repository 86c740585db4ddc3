import type { OperatorConfig } from '../config.ts';

const defaultGuardTimeMs = 60 * 60 * 1000;

/** How old a pod without owner has to be before its images are scanned without anybody naming it, in ms. */
export function guardTimeOf({ podScanGuardTime }: Pick<OperatorConfig, 'podScanGuardTime'>): number {
  return podScanGuardTime ?? defaultGuardTimeMs;
}
