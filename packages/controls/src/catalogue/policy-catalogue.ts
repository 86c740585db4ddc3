import type { ControlInfo } from './control-info.ts';
import { controlCatalogue } from './controls.ts';
import { type Framework, frameworks } from './frameworks.ts';

/** Everything that can be asked for by name: the built-in controls and frameworks, and what a user adds to them. */
export interface PolicyCatalogue {
  readonly controls: readonly ControlInfo[];
  readonly frameworks: readonly Framework[];
}

export const builtInCatalogue: PolicyCatalogue = { controls: controlCatalogue, frameworks };

/** The catalogue with more in it. What has the id or, without case, the name of something known takes its place. */
export function extendCatalogue(base: PolicyCatalogue, added: Partial<PolicyCatalogue>): PolicyCatalogue {
  const { controls = [], frameworks: more = [] } = added;
  if (controls.length === 0 && more.length === 0) return base;
  const byId = new Map([...base.controls, ...controls].map((info) => [info.id, info]));
  const byName = new Map([...base.frameworks, ...more].map((framework) => [framework.name.toLowerCase(), framework]));
  return { controls: [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), frameworks: [...byName.values()] };
}
