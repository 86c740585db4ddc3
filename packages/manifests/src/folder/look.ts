import { readFile } from 'node:fs/promises';
import type { SourceEvent } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { type FileContent, readManifest } from '../read-file.ts';
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
}

export function createLooker(options: LookerOptions): Looker {
  const knownFiles = new Map<string, KnownFile>();
  const knownObjects = new Map<string, ManifestEntry>();
  /** Said already, and still so: file → problems. */
  let told = new Map<string, string>();

  const look = async (emit: (event: SourceEvent) => void): Promise<ManifestSummary> => {
    const seen = new Set<string>();
    const present = new Set<string>();
    const telling = new Map<string, string>();
    let unreadable = 0;
    let otherDocuments = 0;

    const tell = (file: string, detail: string, line?: number) => {
      unreadable += 1;
      const key = `${file}:${line ?? ''}:${detail}`;
      telling.set(key, detail);
      if (!told.has(key)) emit({ type: 'unreadable', file, detail, ...(line === undefined ? {} : { line }) });
    };

    const settle = async (found: FoundFile, entry: ManifestEntry, object: () => Promise<KubeObject | undefined>) => {
      if (seen.has(entry.id)) {
        const first = knownObjects.get(entry.id)?.origin;
        tell(
          found.file,
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

    const visit = async (found: FoundFile) => {
      present.add(found.file);
      const known = knownFiles.get(found.file);
      if (known?.stamp === found.stamp && known.problems === 0) {
        otherDocuments += known.others;
        for (const [index, entry] of known.entries.entries()) {
          // Only when another file that had the object before this one has lost it.
          await settle(found, entry, async () => (await read(found)).objects[index]?.object);
        }
        return;
      }
      const content = await read(found);
      const entries = content.objects.map((placed) => entryOf(placed, found.file, found.relativePath));
      knownFiles.set(found.file, {
        stamp: found.stamp,
        entries,
        others: content.others,
        problems: content.problems.length,
      });
      otherDocuments += content.others;
      for (const { line, detail } of content.problems) tell(found.file, detail, line);
      for (const [index, entry] of entries.entries()) {
        await settle(found, entry, async () => content.objects[index]?.object);
      }
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
      const { files, leftOut } = await walk(root);
      for (const { file, detail } of leftOut) tell(file, detail);
      for (const found of files) if (!present.has(found.file)) await visit(found);
    }
    for (const file of knownFiles.keys()) if (!present.has(file)) knownFiles.delete(file);
    for (const [id, entry] of knownObjects) {
      if (seen.has(id)) continue;
      knownObjects.delete(id);
      const deletion = deletionOf(entry);
      if (options.wants(deletion.object)) emit(deletion);
    }
    told = telling;
    return { files: present.size, objects: seen.size, otherDocuments, unreadable };
  };

  return { look };
}

function unread(detail: string): FileContent {
  return { objects: [], problems: [{ line: 1, detail }], others: 0 };
}
