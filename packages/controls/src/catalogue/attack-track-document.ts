import { type AttackStep, type AttackTrack, describeIssues } from '@kso/domain';
import { type AttackStepDocument, AttackTrackDocument } from '@kso/wire';
import { attackTracks } from './attack-tracks.ts';
import type { ControlInfo } from './control-info.ts';

export type AttackTrackResult =
  | { readonly ok: true; readonly track: AttackTrack }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads an attack track (scanner.md 18). Its steps get the controls that join them: those of the built-in track of the same name, and
 * controls that name track and step themselves (`ControlInfo.attackTracks`).
 */
export function parseAttackTrack(value: unknown, controls: readonly ControlInfo[]): AttackTrackResult {
  const parsed = AttackTrackDocument.safeParse(value);
  if (!parsed.success) return { ok: false, problem: `no attack track: ${describeIssues(parsed.error)}` };
  const { metadata, spec } = parsed.data;
  const builtIn = attackTracks.find(({ name }) => name === metadata.name);
  const joining = joinsOf(metadata.name, controls, builtIn === undefined ? [] : stepsOf(builtIn.root));
  return {
    ok: true,
    track: {
      name: metadata.name,
      root: stepOf(spec.data, joining),
      ...(spec.description === undefined ? {} : { description: spec.description }),
    },
  };
}

type Joining = ReadonlyMap<string, AttackStep['controls']>;

function joinsOf(track: string, controls: readonly ControlInfo[], builtIn: readonly AttackStep[]): Joining {
  const joining = new Map(builtIn.map((step) => [step.name, step.controls]));
  for (const { id, attackTracks: joins = [], tags = [] } of controls)
    for (const step of joins.filter((join) => join.track === track).flatMap(({ steps }) => steps)) {
      const present = joining.get(step) ?? [];
      if (!present.some((control) => control.id === id)) joining.set(step, [...present, { id, tags }]);
    }
  return joining;
}

function stepsOf(step: AttackStep): AttackStep[] {
  return [step, ...step.next.flatMap(stepsOf)];
}

function stepOf({ name, checksVulnerabilities, subSteps }: AttackStepDocument, joining: Joining): AttackStep {
  return {
    name,
    controls: joining.get(name) ?? [],
    next: (subSteps ?? []).map((step) => stepOf(step, joining)),
    ...(checksVulnerabilities === undefined ? {} : { checksVulnerabilities }),
  };
}
