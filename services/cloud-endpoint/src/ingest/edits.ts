import type { DatabaseSync } from 'node:sqlite';
import { createPolicyEdits, type EditOutcome, type PolicyEdit } from '../policy/edits.ts';
import { createScheduleEdits, type ScheduleEdit } from '../schedules/edits.ts';

export type { EditOutcome } from '../policy/edits.ts';

/** A change of what people keep here: policies and recurring scans. Plain data: it goes to the thread that writes. */
export type Edit = PolicyEdit | ScheduleEdit;

export function createEdits(sql: DatabaseSync): (edit: Edit, now: number) => EditOutcome {
  const policies = createPolicyEdits(sql);
  const schedules = createScheduleEdits(sql);
  return (edit, now) =>
    edit.type === 'putDocuments' || edit.type === 'deleteDocuments' ? policies(edit, now) : schedules(edit, now);
}
