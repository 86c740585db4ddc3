import path from 'node:path';
import type { Place } from '../folder/known-manifests.ts';
import { namedBy } from './kustomizations.ts';
import type { FolderRenderer, RenderedFolder } from './port.ts';
import { type RenderedContent, type RenderedObject, readRendered } from './rendered-manifest.ts';

/** What rendering the charts and kustomizations below a root gave. */
export interface RenderedSet {
  readonly contents: readonly {
    readonly folder: string;
    readonly content: RenderedContent;
    readonly placeOf: (object: RenderedObject) => Place;
  }[];
  readonly notRendered: readonly { readonly file: string; readonly detail: string }[];
  /** Whether a file went into a kustomization that was rendered: it is no manifest of its own then. */
  isCovered(file: string): boolean;
}

/**
 * Renders each chart, and each kustomization that no other one below the root takes in: a base is rendered by its overlays. The
 * files of one that cannot be rendered are taken as they are.
 */
export async function renderFolders(
  folders: readonly RenderedFolder[],
  root: string,
  renderer: FolderRenderer | undefined,
): Promise<RenderedSet> {
  const contents: RenderedSet['contents'][number][] = [];
  const notRendered: RenderedSet['notRendered'][number][] = [];
  const covered = new Set<string>();
  const named = await namedByFolder(folders);
  const taken = new Set([...named.values()].flatMap((names) => [...names]));
  for (const each of folders) {
    if (renderer === undefined || (each.type === 'kustomize' && taken.has(each.folder))) continue;
    const result = await renderer.render(each);
    if (result.outcome === 'notRendered') {
      const what = each.type === 'helm' ? 'the Helm chart' : 'the kustomization';
      notRendered.push({ file: each.folder, detail: `${what} is not rendered: ${result.reason}` });
      continue;
    }
    if (each.type === 'kustomize') cover(each.folder, named, covered);
    const content = readRendered(result.text, each);
    const name = each.relativePath === '' ? path.basename(each.folder) : each.relativePath;
    const placeOf = ({ file }: RenderedObject): Place => ({
      file,
      relativePath: path.relative(root, file) || path.basename(file),
      renderedFrom: { type: each.type, name },
    });
    contents.push({ folder: each.folder, content, placeOf });
  }
  return { contents, notRendered, isCovered: (file) => covered.has(file) };
}

async function namedByFolder(folders: readonly RenderedFolder[]): Promise<Map<string, ReadonlySet<string>>> {
  const named = new Map<string, ReadonlySet<string>>();
  for (const { type, folder } of folders) if (type === 'kustomize') named.set(folder, await namedBy(folder));
  return named;
}

/** Everything that a kustomization takes in, also through others. */
function cover(folder: string, named: ReadonlyMap<string, ReadonlySet<string>>, covered: Set<string>): void {
  for (const file of named.get(folder) ?? []) {
    if (covered.has(file)) continue;
    covered.add(file);
    cover(file, named, covered);
  }
}
