import { controlCatalogue, frameworks, selectControls } from '@kso/controls';
import { fail } from '../errors.ts';

export interface SelectionOptions {
  readonly framework?: readonly string[];
  readonly control?: readonly string[];
}

/**
 * A typing error in a name must not turn into a scan of nothing (known-bugs.md B09): it is told before anything is read, with the
 * names that there are. @throws UNKNOWN_NAMES, CONFLICTING_OPTIONS
 */
export function checkSelection({ framework = [], control = [] }: SelectionOptions): void {
  if (framework.length > 0 && control.length > 0)
    throw fail('CONFLICTING_OPTIONS', { a: '--framework', b: '--control' });
  const named = framework.filter((name) => name.toLowerCase() !== 'all');
  const unknownFrameworks = named.filter((name) => !selectControls({ frameworks: [name], scope: 'cluster' }).ok);
  if (unknownFrameworks.length > 0) {
    const known = frameworks.map(({ name }) => name).join(', ');
    throw fail('UNKNOWN_NAMES', {
      kind: 'framework',
      unknown: unknownFrameworks.join(', '),
      hint: `there are ${known}`,
    });
  }
  const unknownControls = control.filter((id) => !selectControls({ controls: [id], scope: 'cluster' }).ok);
  if (unknownControls.length === 0) return;
  const near = unknownControls.map((id) => nearest(id, controlCatalogue)).filter((id) => id !== undefined);
  const hint = near.length === 0 ? '' : `did you mean ${[...new Set(near)].join(', ')}? `;
  throw fail('UNKNOWN_NAMES', {
    kind: 'control',
    unknown: unknownControls.join(', '),
    hint: `${hint}kso list controls shows all ${controlCatalogue.length}, from ${controlCatalogue[0]?.id} to ${controlCatalogue.at(-1)?.id}`,
  });
}

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
