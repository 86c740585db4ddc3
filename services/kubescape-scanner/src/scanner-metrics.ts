import type { Clock, Metrics } from '@kso/kit';
import type { PostureScanResult } from '@kso/wire';
import type { WorkerState } from './worker/protocol.ts';

export interface ScannerMetrics {
  observeState(state: WorkerState): void;
  observeScan(result: PostureScanResult, evaluationSeconds: number): void;
  observeFailure(): void;
  /** Whether the policies in Rego that were read last are those that are evaluated. */
  observeRego(isCurrent: boolean): void;
}

/** What is known about posture, at any time: a scrape reads it and starts nothing. */
export function scannerMetrics(metrics: Metrics, clock: Clock): ScannerMetrics {
  const objects = metrics.gauge({ name: 'kso_posture_objects', help: 'Objects that the policy engine holds.' });
  const controls = metrics.gauge({ name: 'kso_posture_controls', help: 'Controls of the last scan.' });
  const notEvaluated = metrics.gauge({
    name: 'kso_posture_controls_not_evaluated',
    help: 'Controls of the last scan that could not be evaluated, or not for all objects.',
  });
  const findings = metrics.gauge({
    name: 'kso_posture_findings',
    help: 'Pairs of a resource and a control that it fails, by the severity of the control.',
    labelNames: ['severity'],
  });
  const evaluation = metrics.gauge({
    name: 'kso_posture_evaluation_seconds',
    help: 'Time that the last evaluation took.',
  });
  const lastScan = metrics.gauge({
    name: 'kso_posture_last_scan_timestamp_seconds',
    help: 'When the last scan succeeded.',
  });
  const scans = metrics.counter({
    name: 'kso_posture_scans_total',
    help: 'Scans that have ended.',
    labelNames: ['outcome'],
  });
  const regoCurrent = metrics.gauge({
    name: 'kso_posture_rego_policies_current',
    help: '1 while the policies in Rego that were read last are evaluated; 0 while older ones are, or none, because those cannot be used.',
  });
  return {
    observeState: (state) => {
      objects.set(state.objects);
      evaluation.set(state.evaluationSeconds);
      for (const [severity, count] of Object.entries(state.findings)) findings.set({ severity }, count);
    },
    observeScan: (result, evaluationSeconds) => {
      controls.set(result.controls);
      notEvaluated.set(result.notEvaluatedControls);
      evaluation.set(evaluationSeconds);
      lastScan.set(clock.now() / 1000);
      scans.inc({ outcome: 'succeeded' });
    },
    observeFailure: () => scans.inc({ outcome: 'failed' }),
    observeRego: (isCurrent) => regoCurrent.set(isCurrent ? 1 : 0),
  };
}
