import type { DatabaseSync } from 'node:sqlite';
import { rows } from '@kso/store';
import { fieldOfRank, noFindings, rankOf, weightOf } from '../../severity.ts';
import type { ControlOfResource, PrioritizedResource, Resource, ResourceResult } from '../formats/posture-report.ts';
import type { ControlCatalogue } from './controls.ts';
import { detailOf } from './finding-detail.ts';
import { identityOf } from './resource-identity.ts';

/** When the report was made, and what it and earlier ones call their controls. */
export interface Evaluation {
  readonly catalogue: ControlCatalogue;
  readonly generatedAt: number;
}

/** Objects of a cluster and what the controls say of them. Older news never replaces newer. */
export function createResources(sql: DatabaseSync) {
  const mention = sql.prepare(
    `INSERT INTO resource (cluster_id, resource_id, api_version, kind, namespace, name, source, mentioned_at, first_seen)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (cluster_id, resource_id) DO UPDATE SET
       api_version = excluded.api_version, kind = excluded.kind, namespace = excluded.namespace, name = excluded.name,
       source = coalesce(excluded.source, source), mentioned_at = max(mentioned_at, excluded.mentioned_at)
     RETURNING id, evaluated_at`,
  );
  const setResults = sql.prepare(
    `UPDATE resource SET evaluated_at = ?, critical = ?, high = ?, medium = ?, low = ?, unknown = ?, not_evaluated = ?, weight = ?, passed = ?,
       priority = ?, priority_score = ?
     WHERE id = ?`,
  );
  const remove = sql.prepare('DELETE FROM resource WHERE cluster_id = ? AND resource_id = ? AND mentioned_at <= ?');
  const removeUnmentioned = sql.prepare('DELETE FROM resource WHERE cluster_id = ? AND mentioned_at < ?');
  const findings = createFindings(sql);

  const mentionResource = (clusterId: number, resource: Resource, generatedAt: number) => {
    const { apiVersion, kind, namespace, name } = identityOf(resource);
    const source = resource.source?.relativePath ?? resource.source?.path ?? null;
    const values = [
      clusterId,
      resource.resourceID,
      apiVersion,
      kind,
      namespace,
      name,
      source,
      generatedAt,
      generatedAt,
    ] as const;
    return mention.get(...values) ?? {};
  };

  return {
    mention(clusterId: number, resource: Resource, generatedAt: number): void {
      mentionResource(clusterId, resource, generatedAt);
    },

    /** Replaces what is known of the object by these results. */
    evaluate(
      clusterId: number,
      resource: Resource,
      { controls, prioritizedResource }: Pick<ResourceResult, 'controls' | 'prioritizedResource'>,
      evaluation: Evaluation,
    ): void {
      const { generatedAt } = evaluation;
      const row = mentionResource(clusterId, resource, generatedAt);
      const id = rows.integer(row, 'id');
      const before = row['evaluated_at'];
      if (typeof before === 'number' && before > generatedAt) return;

      const counts = noFindings();
      const passed: string[] = [];
      let notEvaluated = 0;
      findings.replace(
        { id, clusterId, resourceId: resource.resourceID, isFirst: before === null, at: generatedAt },
        (keep) => {
          for (const control of controls) {
            const { status } = control.status;
            const facts = evaluation.catalogue(control.controlID);
            const severity = control.severity ? rankOf(control.severity) : (facts?.severity ?? 0);
            if (status === 'failed') counts[fieldOfRank(severity)] += 1;
            else if (status === 'passed') passed.push(control.controlID);
            else notEvaluated += 1;
            // A pass by exception is worth showing: somebody decided it.
            if (status !== 'passed' || control.status.subStatus === 'w/exceptions')
              keep(control, { name: control.name || (facts?.name ?? control.controlID), severity });
          }
        },
      );
      const { critical, high, medium, low, unknown } = counts;
      setResults.run(
        generatedAt,
        critical,
        high,
        medium,
        low,
        unknown,
        notEvaluated,
        weightOf(counts),
        JSON.stringify(passed),
        ...priorityOf(prioritizedResource),
        id,
      );
    },

    remove: (clusterId: number, resourceId: string, at: number) => void remove.run(clusterId, resourceId, at),
    removeUnmentioned: (clusterId: number, at: number) => void removeUnmentioned.run(clusterId, at),
  };
}

function priorityOf(priority: PrioritizedResource | undefined): [string | null, number | null] {
  if (priority === undefined || priority.score <= 0) return [null, null];
  return [JSON.stringify(priority), priority.score];
}

interface FindingOwner {
  readonly id: number;
  readonly clusterId: number;
  readonly resourceId: string;
  /** The object was not evaluated before: its findings are no change. */
  readonly isFirst: boolean;
  readonly at: number;
}

type Keep = (control: ControlOfResource, facts: { readonly name: string; readonly severity: number }) => void;

function createFindings(sql: DatabaseSync) {
  const select = sql.prepare('SELECT control_id, status, severity, first_seen FROM finding WHERE resource = ?');
  const upsert = sql.prepare(
    `INSERT OR REPLACE INTO finding (resource, control_id, status, sub_status, info, name, severity, detail, first_seen, last_seen)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const drop = sql.prepare('DELETE FROM finding WHERE resource = ? AND control_id = ?');
  const change = sql.prepare(
    'INSERT INTO posture_change (cluster_id, resource_id, control_id, severity, was, became, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );

  return {
    /** `write` keeps what is found now; what it does not keep is gone. First-seen times go on while the status stays. */
    replace(owner: FindingOwner, write: (keep: Keep) => void): void {
      const before = new Map(select.all(owner.id).map((row) => [rows.text(row, 'control_id'), row]));
      const note = (controlId: string, severity: number, was: string, became: string) => {
        if (!owner.isFirst && was !== became)
          change.run(owner.clusterId, owner.resourceId, controlId, severity, was, became, owner.at);
      };
      write((control, { name, severity }) => {
        const { status, subStatus, info } = control.status;
        const old = before.get(control.controlID);
        before.delete(control.controlID);
        const was = old === undefined ? 'passed' : rows.text(old, 'status');
        const firstSeen = old !== undefined && was === status ? rows.integer(old, 'first_seen') : owner.at;
        const detail = JSON.stringify(detailOf(control));
        upsert.run(
          owner.id,
          control.controlID,
          status,
          subStatus || null,
          info || null,
          name,
          severity,
          detail,
          firstSeen,
          owner.at,
        );
        note(control.controlID, severity, was, status);
      });
      for (const [controlId, old] of before) {
        drop.run(owner.id, controlId);
        note(controlId, rows.integer(old, 'severity'), rows.text(old, 'status'), 'passed');
      }
    },
  };
}
