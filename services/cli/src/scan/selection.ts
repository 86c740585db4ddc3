import {
  builtInCatalogue,
  controlCatalogue,
  type PolicyCatalogue,
  type Selection,
  selectControls,
} from '@kso/controls';
import { fail } from '../errors.ts';

export interface SelectionOptions {
  readonly framework?: readonly string[];
  readonly control?: readonly string[];
}

/**
 * A typing error in a name must not turn into a scan of nothing (known-bugs.md B09): it is told before anything is read, with the
 * names that there are. @throws UNKNOWN_NAMES, CONFLICTING_OPTIONS
 */
export function checkSelection(
  { framework = [], control = [] }: SelectionOptions,
  catalogue: PolicyCatalogue = builtInCatalogue,
): void {
  if (framework.length > 0 && control.length > 0)
    throw fail('CONFLICTING_OPTIONS', { a: '--framework', b: '--control' });
  const isKnown = (name: Pick<Selection, 'frameworks' | 'controls'>): boolean =>
    selectControls({ ...name, scope: 'cluster', catalogue }).ok;
  const named = framework.filter((name) => name.toLowerCase() !== 'all');
  const unknownFrameworks = named.filter((name) => !isKnown({ frameworks: [name] }));
  if (unknownFrameworks.length > 0) {
    const known = catalogue.frameworks.map(({ name }) => name).join(', ');
    throw fail('UNKNOWN_NAMES', {
      kind: 'framework',
      unknown: unknownFrameworks.join(', '),
      hint: `there are ${known}`,
    });
  }
  const unknownControls = control.filter((id) => !isKnown({ controls: [id] }));
  if (unknownControls.length === 0) return;
  const near = unknownControls.map((id) => nearest(id, catalogue.controls)).filter((id) => id !== undefined);
  const meant = near.length === 0 ? '' : `did you mean ${[...new Set(near)].join(', ')}? `;
  const { length } = controlCatalogue;
  throw fail('UNKNOWN_NAMES', {
    kind: 'control',
    unknown: unknownControls.join(', '),
    hint: `${meant}kso list controls shows all ${length}, from ${controlCatalogue[0]?.id} to ${controlCatalogue.at(-1)?.id}${addedTo(catalogue)}`,
  });
}

/** Controls that the user brings: few, and no list shows them. */
function addedTo({ controls }: PolicyCatalogue): string {
  const builtIn = new Set(controlCatalogue.map(({ id }) => id));
  const added = controls.filter(({ id }) => !builtIn.has(id)).map(({ id }) => id);
  const more = added.length > maxNamed ? ` and ${added.length - maxNamed} more` : '';
  return added.length === 0 ? '' : `; yours are ${added.slice(0, maxNamed).join(', ')}${more}`;
}

const maxNamed = 20;

/** The id that was probably meant: a letter O for a zero, digits alone. */
function nearest(
  text: string,
  controls: readonly { readonly id: string; readonly name: string }[],
): string | undefined {
  const wanted = text.trim().toUpperCase();
  const repaired = wanted
    .replaceAll('O', '0')
    .replace(/^0?-?C?-?(\d{1,4})$/, (_all, digits: string) => `C-${digits.padStart(4, '0')}`);
  const digits = /(\d{1,4})$/.exec(repaired.replaceAll(/[^\d]/g, ''))?.[1]?.padStart(4, '0');
  return controls.find(({ id }) => id === repaired || id === `C-${digits}`)?.id;
}
