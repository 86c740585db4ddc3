import type { ControlInfo } from './control-info.ts';
import { controlCatalogue } from './controls.ts';

const byId = new Map(controlCatalogue.map((info) => [info.id, info]));

/** What is known about a control. @throws TypeError for an id that the library does not have: callers select by `selectControls`. */
export function controlInfo(id: string): ControlInfo {
  const info = byId.get(id);
  if (info === undefined) throw new TypeError(`no control ${id} in the catalogue`);
  return info;
}
