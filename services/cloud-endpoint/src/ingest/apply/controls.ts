import type { DatabaseSync } from 'node:sqlite';
import { severityOfScore, severityRank } from '@kso/domain';
import { rows } from '@kso/store';
import { rankOf } from '../../severity.ts';
import type { ControlSummary } from '../formats/posture-report.ts';

/** Name and severity (rank) of a control by its id. */
export interface ControlFacts {
  readonly name: string;
  readonly severity: number;
}
export type ControlCatalogue = (controlId: string) => ControlFacts | undefined;

export function createControls(sql: DatabaseSync) {
  const upsert = sql.prepare(
    `INSERT INTO control (cluster_id, control_id, name, severity, status, sub_status, info, generated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (cluster_id, control_id) DO UPDATE SET
       name = excluded.name, severity = excluded.severity, status = excluded.status, sub_status = excluded.sub_status,
       info = excluded.info, generated_at = excluded.generated_at
     WHERE excluded.generated_at >= generated_at`,
  );
  const select = sql.prepare('SELECT name, severity FROM control WHERE cluster_id = ? AND control_id = ?');

  return {
    /**
     * Answers from the summaries of a report, then from what earlier reports said. A full report's summaries are kept: those of one
     * about single objects say nothing of the cluster.
     */
    update(
      clusterId: number,
      summaries: Readonly<Record<string, ControlSummary>>,
      { generatedAt, isFull }: { readonly generatedAt: number; readonly isFull: boolean },
    ): ControlCatalogue {
      const known = new Map<string, ControlFacts | undefined>();
      for (const [controlId, summary] of Object.entries(summaries)) {
        const facts = { name: summary.name ?? controlId, severity: severityOfControl(summary) };
        known.set(controlId, facts);
        if (!isFull) continue;
        const { status = summary.status ?? 'passed', subStatus, info } = summary.statusInfo ?? {};
        upsert.run(
          clusterId,
          controlId,
          facts.name,
          facts.severity,
          status,
          subStatus || null,
          info || null,
          generatedAt,
        );
      }
      return (controlId) => {
        if (known.has(controlId)) return known.get(controlId);
        const row = select.get(clusterId, controlId);
        const facts =
          row === undefined ? undefined : { name: rows.text(row, 'name'), severity: rows.integer(row, 'severity') };
        known.set(controlId, facts);
        return facts;
      };
    },
  };
}

/** The wire variant of a report has no severity, only the base score (scanner.md 11.1). */
function severityOfControl(summary: ControlSummary): number {
  if (summary.severity !== undefined && summary.severity !== '') return rankOf(summary.severity);
  return severityRank(severityOfScore(summary.scoreFactor ?? 0));
}
