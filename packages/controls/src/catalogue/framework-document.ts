import { describeIssues } from '@kso/domain';
import { type FrameworkControlDocument, FrameworkDocument } from '@kso/wire';
import type { ControlInfo } from './control-info.ts';
import type { Framework, FrameworkControl } from './framework.ts';
import type { PolicyCatalogue } from './policy-catalogue.ts';

export type FrameworkResult =
  /** `notes`: what the document says and nothing is done about. */
  | { readonly ok: true; readonly framework: Framework; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads a custom framework in one of the existing product's forms (scanner.md 15): `controls` with complete controls, of which the id
 * and the name count here, `controlsIDs`, or `activeControls` with what the framework changes about each. Controls must be known.
 */
export function parseFrameworkDocument(value: unknown, catalogue: PolicyCatalogue): FrameworkResult {
  const parsed = FrameworkDocument.safeParse(value);
  if (!parsed.success) return { ok: false, problems: [`no framework: ${describeIssues(parsed.error)}`] };
  const { name, description, version, controls, activeControls, controlsIDs } = parsed.data;
  const read = readMembers(
    [...(activeControls ?? []), ...(controls ?? []), ...(controlsIDs ?? []).map((controlID) => ({ controlID }))],
    catalogue,
  );
  const unknown = [...new Set(read.unknown)].join(', ');
  if (unknown !== '')
    return { ok: false, problems: [`framework ${name} names controls that there are not: ${unknown}`] };
  if (read.members.length === 0) return { ok: false, problems: [`framework ${name} names no control`] };
  return {
    ok: true,
    notes: read.notes,
    framework: {
      name,
      controls: read.members,
      ...(typeof version === 'string' ? { version } : {}),
      ...(typeof description === 'string' ? { description } : {}),
    },
  };
}

interface Members {
  readonly members: readonly FrameworkControl[];
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
}

function readMembers(entries: readonly FrameworkControlDocument[], catalogue: PolicyCatalogue): Members {
  const known = new Map(catalogue.controls.map((info) => [info.id.toUpperCase(), info]));
  const members = new Map<string, FrameworkControl>();
  const unknown: string[] = [];
  const notes: string[] = [];
  for (const entry of entries) {
    const id = (entry.controlID ?? entry.id ?? '').trim();
    const info = known.get(id.toUpperCase());
    if (info === undefined) unknown.push(id === '' ? 'an entry without controlID' : id.slice(0, 80));
    else if (!members.has(info.id)) {
      members.set(info.id, memberOf(info, entry));
      notes.push(...notesOn(info, entry));
    }
  }
  return { members: [...members.values()], unknown, notes };
}

function memberOf(info: ControlInfo, { patch, name }: FrameworkControlDocument): FrameworkControl {
  const patched = patch?.['name'] ?? name;
  const isRenamed = typeof patched === 'string' && patched !== '' && patched !== info.name;
  return { id: info.id, ...(isRenamed ? { name: patched } : {}) };
}

function notesOn(info: ControlInfo, { patch }: FrameworkControlDocument): string[] {
  const other = Object.keys(patch ?? {}).filter((field) => field !== 'name' && field !== 'controlID');
  return other.length === 0 ? [] : [`${info.id}: only the name can be changed, not ${other.slice(0, 5).join(', ')}`];
}
