import { type SelectionResult, selectControls } from '@kso/controls';
import type { PostureScanRequest } from '@kso/wire';

/** What a request is about, for the report: `Framework`, `Control` or everything. */
export interface ScanTarget {
  readonly type: 'framework' | 'control' | 'all';
  readonly names: readonly string[];
}

/** Reads target type and names of a request (scanner.md 2.4): another type, no name, or the name `all` mean everything. */
export function targetOf({ targetType = '', targetNames = [] }: PostureScanRequest): ScanTarget {
  const type = targetType.trim().toLowerCase();
  const names = targetNames.map((name) => name.trim());
  if (type === 'control' && names.length > 0) return { type, names };
  if (type !== 'framework' || names.length === 0) return { type: 'all', names: [] };
  const named = names.filter((name) => name !== '' && name.toLowerCase() !== 'all');
  return named.length < names.length ? { type: 'all', names: named } : { type, names };
}

/** The controls and frameworks of a target, or the names that nothing is known by (B09). */
export function selectTarget(target: ScanTarget, scope: 'cluster' | 'file'): SelectionResult {
  switch (target.type) {
    case 'framework':
      return selectControls({ frameworks: target.names, scope });
    case 'control':
      return selectControls({ controls: target.names, scope });
    case 'all': {
      // Names beside `all` add nothing, but must not be misspelt.
      const named = selectControls({ frameworks: target.names, scope });
      return named.ok ? selectControls({ scope }) : named;
    }
    default:
      return target.type satisfies never;
  }
}
