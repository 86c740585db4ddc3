import { controlCatalogue } from '../controls.ts';
import type { Framework } from '../framework.ts';

/** Everything. */
export const allControls: Framework = { name: 'AllControls', controls: controlCatalogue.map(({ id }) => ({ id })) };
