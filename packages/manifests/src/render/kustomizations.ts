import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument } from '@kso/domain/yaml';

export const kustomizationNames: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** Local files and folders that a kustomization names anywhere: bases, resources, patches, generators. Absolute. */
export async function namedBy(folder: string): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  for (const name of kustomizationNames) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
    const parsed = text === undefined ? undefined : parseDocument(text);
    if (parsed?.outcome !== 'parsed') continue;
    for (const word of wordsIn(parsed.values)) named.add(path.resolve(folder, word));
  }
  return named;
}

const longestPath = 4_096;

/** Every text in a document; those that are no paths name nothing that is there. */
function wordsIn(value: unknown): string[] {
  const words: string[] = [];
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    // `configMapGenerator` names files as `key=file`.
    if (typeof next === 'string' && next !== '' && next.length < longestPath) words.push(next.replace(/^[^/=]*=/, ''));
    else if (typeof next === 'object' && next !== null) for (const child of Object.values(next)) open.push(child);
  }
  return words;
}
