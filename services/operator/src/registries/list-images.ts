import { createTurns } from '@kso/kube';
import type { CatalogueAnswer, RegistryCatalogue, RegistryTarget } from './registry-catalogue.ts';

export interface ImageSelection {
  /** Newest tags of each repository. */
  readonly depth: number;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface RegistryImage {
  readonly repository: string;
  readonly tag: string;
}

export interface FoundImages {
  readonly images: readonly RegistryImage[];
  /** What could not be read or was left out, one line each. */
  readonly errors: readonly string[];
}

/** As the existing product stops (operator-gateway.md 4.3.1). */
export const mostImages = 500;
const mostRepositories = 500;
/** Repositories whose tags are read at once. */
const concurrency = 8;
const mostErrors = 20;

/** The repositories of the selection: named with or without the project. */
export async function listRepositories(
  catalogue: RegistryCatalogue,
  target: RegistryTarget,
  { include, exclude }: Pick<ImageSelection, 'include' | 'exclude'>,
  signal: AbortSignal,
): Promise<CatalogueAnswer<readonly string[]>> {
  const answer = await catalogue.repositories(target, mostRepositories, signal);
  if (answer.outcome !== 'found') return answer;
  const isNamed = (list: readonly string[], repository: string) =>
    list.some((name) => name === repository || `${target.project}/${name}` === repository);
  const value = answer.value.filter((repository) =>
    include.length > 0 ? isNamed(include, repository) : !isNamed(exclude, repository),
  );
  return { outcome: 'found', value };
}

/** The newest tags of each repository; one that cannot be read costs only itself. */
export async function listImages(
  catalogue: RegistryCatalogue,
  target: RegistryTarget,
  repositories: readonly string[],
  pick: (tags: readonly string[]) => readonly string[],
  signal: AbortSignal,
): Promise<FoundImages> {
  const inTurn = createTurns(concurrency);
  const errors: string[] = [];
  const found = await Promise.all(
    repositories.map((repository) =>
      inTurn(async (): Promise<RegistryImage[]> => {
        signal.throwIfAborted();
        const tags = await catalogue.tags(target, repository, mostTags, signal);
        if (tags.outcome === 'found') return pick(tags.value.filter(isImageTag)).map((tag) => ({ repository, tag }));
        if (errors.length < mostErrors) errors.push(`${repository}: ${tags.detail}`);
        return [];
      }),
    ),
  );
  const images = found.flat();
  if (images.length > mostImages) errors.push(`${images.length} images, only ${mostImages} are scanned`);
  return { images: images.slice(0, mostImages), errors };
}

const mostTags = 1000;

/** Signatures and other attachments of cosign are no images. */
function isImageTag(tag: string): boolean {
  return !/^sha256-[0-9a-f]{64}\.(sig|att|sbom)$/.test(tag) && !tag.endsWith('.sig');
}

/** `latest` if there is one, else the highest version (operator-gateway.md 4.3.5). */
export function currentTag(tags: readonly string[]): readonly string[] {
  if (tags.includes('latest')) return ['latest'];
  const [highest] = tags.toSorted(byVersion);
  return highest === undefined ? [] : [highest];
}

const numeric = new Intl.Collator('en', { numeric: true });

/** Versions before words, finished ones before candidates, higher ones first. */
function byVersion(a: string, b: string): number {
  const rank = (tag: string) => (/^v?\d+(\.\d+)*$/.test(tag) ? 0 : /^v?\d/.test(tag) ? 1 : 2);
  return rank(a) - rank(b) || numeric.compare(b.replace(/^v/, ''), a.replace(/^v/, ''));
}
