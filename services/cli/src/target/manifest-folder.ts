import { type ObjectSource, SourceError } from '@kso/domain';
import { createManifestSource, type FolderRenderer, type GivenText, holdsObjects } from '@kso/manifests';
import { fail } from '../errors.ts';

const maxNamed = 10;

/** A source of manifests that says which documents were at fault when nothing at all can be scanned. @throws NOTHING_TO_SCAN */
export function openManifests(
  paths: readonly string[],
  { texts = [], renderer }: { readonly texts?: readonly GivenText[]; readonly renderer?: FolderRenderer } = {},
): ObjectSource {
  const unrendered: string[] = [];
  const told = renderer === undefined ? undefined : noting(renderer, unrendered);
  const source = createManifestSource({ path: paths, texts }, told === undefined ? {} : { renderer: told });
  return {
    name: source.name,
    type: source.type,
    watch: async (kinds, onEvent, signal) => {
      const unreadable: string[] = [];
      try {
        await source.watch(
          kinds,
          (event) => {
            if (event.type === 'unreadable') unreadable.push(placeOf(event));
            onEvent(event);
          },
          signal,
        );
      } catch (error) {
        if (!(error instanceof SourceError) || error.reason !== 'nothingToScan' || unreadable.length === 0) throw error;
        // There is something, and a program is missing or failed: that is no mistake of whoever named the folder.
        if (unrendered.length > 0) throw fail('NOTHING_EVALUATED', { reason: unrendered.join('; ') });
        const named = unreadable.slice(0, maxNamed).join('; ');
        const more = unreadable.length > maxNamed ? `; and ${unreadable.length - maxNamed} more` : '';
        throw fail('NOTHING_TO_SCAN', { path: source.name, problem: `${named}${more}` });
      }
    },
  };
}

/** Remembers what could not be rendered. */
function noting(renderer: FolderRenderer, unrendered: string[]): FolderRenderer {
  return {
    render: async (folder) => {
      const result = await renderer.render(folder);
      if (result.outcome === 'notRendered') unrendered.push(`${folder.folder} is not rendered: ${result.reason}`);
      return result;
    },
  };
}

/** Looks whether there is anything to scan, without keeping anything. @throws NOTHING_TO_SCAN, SourceError */
export async function requireObjects(paths: readonly string[], signal: AbortSignal): Promise<void> {
  if (await holdsObjects(paths).catch(() => false)) return;
  // Nothing at the first glance: a whole look says what is wrong.
  const looked = new AbortController();
  try {
    await openManifests(paths).watch([], () => undefined, AbortSignal.any([signal, looked.signal]));
  } finally {
    looked.abort();
  }
}

function placeOf({
  file,
  line,
  detail,
}: {
  readonly file: string;
  readonly line?: number;
  readonly detail: string;
}): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${detail}`;
}
