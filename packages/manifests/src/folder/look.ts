import { readFile } from 'node:fs/promises';
import type { SourceEvent } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { type FileContent, readManifest } from '../read-file.ts';
import type { FolderRenderer } from '../render/port.ts';
import { type RenderedSet, renderFolders } from '../render/render-folders.ts';
import { deletionOf, entryOf, isSame, type ManifestEntry } from './known-manifests.ts';
import { type FoundFile, walk } from './walk.ts';

/** What a look at the folder found, in numbers. */
export interface ManifestSummary {
  readonly files: number;
  readonly objects: number;
  /** Documents that are no Kubernetes objects, left out quietly. */
  readonly otherDocuments: number;
  /** Files, documents and folders that could not be read or were left out for a reason. */
  readonly unreadable: number;
}

interface Problem {
  readonly file: string;
  readonly line?: number;
  readonly detail: string;
}

interface KnownFile {
  readonly stamp: string;
  readonly entries: readonly ManifestEntry[];
  readonly others: number;
  readonly problems: number;
}

/** Remembers what was there, so that each look emits the difference. Objects are read, emitted and not kept. */
export interface Looker {
  /** @throws if a root cannot be read. Events of objects whose kind is not `wanted` are left out, but counted. */
  look(emit: (event: SourceEvent) => void): Promise<ManifestSummary>;
}

export interface LookerOptions {
  readonly roots: readonly string[];
  readonly wants: (object: KubeObject) => boolean;
  /** Larger files are unreadable. */
  readonly maxFileBytes: number;
  /** Manifests that are in no file, such as those of standard input. */
  readonly texts?: readonly GivenText[];
  /** Without it charts are left out, and the files of kustomizations are taken as they are. */
  readonly renderer?: FolderRenderer;
}

export interface GivenText {
  /** In the place of a file's path. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function createLooker(options: LookerOptions): Looker {
  const knownFiles = new Map<string, KnownFile>();
  const knownObjects = new Map<string, ManifestEntry>();
  /** Said already, and still so. */
  let told = new Map<string, Problem>();

  const look = async (emit: (event: SourceEvent) => void): Promise<ManifestSummary> => {
    const seen = new Set<string>();
    const present = new Set<string>();
    const telling = new Map<string, Problem>();
    let unreadable = 0;
    let otherDocuments = 0;

    const tell = (file: string, detail: string, line?: number) => {
      unreadable += 1;
      const key = `${file}:${line ?? ''}:${detail}`;
      const problem = { file, detail, ...(line === undefined ? {} : { line }) };
      telling.set(key, problem);
      if (!told.has(key)) emit({ type: 'unreadable', ...problem });
    };

    const settle = async (entry: ManifestEntry, object: () => Promise<KubeObject | undefined>) => {
      if (seen.has(entry.id)) {
        const first = knownObjects.get(entry.id)?.origin;
        tell(
          entry.origin.file,
          `${entry.id} stands in ${first?.relativePath}:${first?.line} too; this one is left out`,
          entry.origin.line,
        );
        return;
      }
      seen.add(entry.id);
      const before = knownObjects.get(entry.id);
      knownObjects.set(entry.id, entry);
      if (before !== undefined && isSame(before, entry)) return;
      const current = await object();
      if (current === undefined || !options.wants(current)) return;
      emit({ type: before === undefined ? 'added' : 'modified', object: current, origin: entry.origin });
    };

    const tellOf = (file: string, { others, problems }: Pick<FileContent, 'others' | 'problems'>) => {
      otherDocuments += others;
      for (const { line, detail } of problems) tell(file, detail, line);
    };

    const visitRendered = async ({ contents, notRendered }: RenderedSet) => {
      for (const { file, detail } of notRendered) tell(file, detail);
      for (const { folder, content, placeOf } of contents) {
        present.add(folder);
        tellOf(folder, content);
        for (const placed of content.objects) await settle(entryOf(placed, placeOf(placed)), async () => placed.object);
      }
    };

    const visitText = async ({ name, bytes }: GivenText) => {
      present.add(name);
      const content = readManifest(bytes);
      tellOf(name, content);
      for (const placed of content.objects)
        await settle(entryOf(placed, { file: name, relativePath: name }), async () => placed.object);
    };

    const visit = async (found: FoundFile) => {
      present.add(found.file);
      const known = knownFiles.get(found.file);
      if (known?.stamp === found.stamp && known.problems === 0) {
        otherDocuments += known.others;
        for (const [index, entry] of known.entries.entries()) {
          // Only when another file that had the object before this one has lost it.
          await settle(entry, async () => (await read(found)).objects[index]?.object);
        }
        return;
      }
      const content = await read(found);
      const entries = content.objects.map((placed) =>
        entryOf(placed, { file: found.file, relativePath: found.relativePath }),
      );
      knownFiles.set(found.file, {
        stamp: found.stamp,
        entries,
        others: content.others,
        problems: content.problems.length,
      });
      tellOf(found.file, content);
      for (const [index, entry] of entries.entries()) await settle(entry, async () => content.objects[index]?.object);
    };

    const read = async (found: FoundFile): Promise<FileContent> => {
      if (found.size > options.maxFileBytes) return unread(`it is larger than ${options.maxFileBytes} bytes`);
      try {
        return readManifest(await readFile(found.file));
      } catch {
        return unread('it cannot be read');
      }
    };

    for (const root of options.roots) {
      const { files, leftOut, folders } = await walk(root, { rendersFolders: options.renderer !== undefined });
      for (const { file, detail } of leftOut) tell(file, detail);
      const rendered = await renderFolders(folders, root, options.renderer);
      await visitRendered(rendered);
      for (const found of files) if (!present.has(found.file) && !rendered.isCovered(found.file)) await visit(found);
    }
    for (const text of options.texts ?? []) await visitText(text);
    for (const file of knownFiles.keys()) if (!present.has(file)) knownFiles.delete(file);
    for (const [id, entry] of knownObjects) {
      if (seen.has(id)) continue;
      knownObjects.delete(id);
      const deletion = deletionOf(entry);
      if (options.wants(deletion.object)) emit(deletion);
    }
    for (const [key, problem] of told) if (!telling.has(key)) emit({ type: 'readable', ...problem });
    told = telling;
    return { files: present.size, objects: seen.size, otherDocuments, unreadable };
  };

  return { look };
}

function unread(detail: string): FileContent {
  return { objects: [], problems: [{ line: 1, detail }], others: 0 };
}
