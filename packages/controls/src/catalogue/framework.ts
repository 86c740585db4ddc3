import { controlCatalogue } from './controls.ts';

/** A framework: a named list of controls, in its own order. */
export interface Framework {
  readonly name: string;
  readonly controls: readonly FrameworkControl[];
  readonly version?: string;
  readonly description?: string;
}

export interface FrameworkControl {
  readonly id: string;
  /** Where the framework calls the control by another name. */
  readonly name?: string;
}

export const ids = (...list: readonly string[]): FrameworkControl[] => list.map((id) => ({ id }));

const names = new Map(controlCatalogue.map(({ id, name }) => [id, name]));

/** A control under the number of its section in a CIS benchmark. */
export function numbered(section: string, id: string): FrameworkControl {
  return { id, name: `CIS-${section} ${names.get(id)}` };
}
