import type { SbomEngine, VulnerabilityMatcher } from '@kso/engines';
import type { FastifyInstance } from 'fastify';

export interface DiagnosticsOptions {
  readonly sbomEngine: SbomEngine;
  readonly matcher: VulnerabilityMatcher;
  readonly scanTimeoutMs: number;
  readonly now: () => number;
}

/** `GET /v1/diagnostics`: what this service works with (kubevuln.md 1.11), the database's age included. Never starts a scan. */
export function registerDiagnostics(app: FastifyInstance, options: DiagnosticsOptions): void {
  app.get('/v1/diagnostics', async () => {
    const [syft, grype, database] = await Promise.all([
      options.sbomEngine.status(),
      options.matcher.status(),
      options.matcher.database.status(),
    ]);
    const ready = database.state === 'ready' ? database : undefined;
    return {
      scanMode: 'in-process',
      sbomCreatorVersion: syft.found === 'found' ? syft.version : '',
      cveScannerVersion: grype.found === 'found' ? `${grype.version}-matching-${options.matcher.mode}` : '',
      cveDBVersion: ready?.digest ?? '',
      scanTimeout: goDuration(options.scanTimeoutMs),
      scannerReadinessTimeout: goDuration(60_000),
      storageEnabled: false,
      riskAcceptanceEnabled: false,
      ...(ready === undefined
        ? { cveDBProblem: database.state }
        : {
            cveDBBuilt: new Date(ready.built).toISOString(),
            cveDBAgeSeconds: Math.floor((options.now() - ready.built) / 1000),
            cveDBSample: ready.sample,
          }),
    };
  });
}

/** `5m0s`, as Go writes durations of whole seconds. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
