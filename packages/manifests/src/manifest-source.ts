import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ObjectSource, SourceError, type SourceEvent } from '@kso/domain';
import type { GroupKind, KubeObject } from '@kso/wire';
import { type FolderWatcher, systemFolderWatcher } from './folder/folder-watcher.ts';
import { createLooker, type GivenText, type Looker, type ManifestSummary } from './folder/look.ts';
import type { FolderRenderer } from './render/port.ts';

export interface ManifestSourceOptions {
  /** A folder or a file, or several; relative ones from `cwd`. */
  readonly path: string | readonly string[];
  readonly cwd?: string;
  /** How long it has to be quiet after a change before it is looked at, in ms. */
  readonly debounceMs?: number;
  readonly maxFileBytes?: number;
  /** Further manifests that are in no file. */
  readonly texts?: readonly GivenText[];
}

export interface ManifestSourcePorts {
  readonly watcher?: FolderWatcher;
  /** Renders Helm charts and kustomizations; without it charts are left out with the reason. */
  readonly renderer?: FolderRenderer;
  /** Time as in `Clock` of `@kso/kit`. */
  readonly clock?: { sleep(ms: number, signal?: AbortSignal): Promise<void> };
}

export interface ManifestSource extends ObjectSource {
  readonly type: 'manifests';
  /** Numbers of the last look; undefined before the first. */
  summary(): ManifestSummary | undefined;
}

const systemClock = {
  sleep: (ms: number, signal?: AbortSignal) =>
    sleep(ms, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) }),
};

/**
 * Folders and files of YAML and JSON as a source of objects, read in kubectl's dialect. Files are read one at a time; objects are
 * emitted and not kept. Two manifests of one identity are one object: the first by path counts, the others are `unreadable`.
 * Namespaces stay as written: an object that names none has none.
 */
export function createManifestSource(options: ManifestSourceOptions, ports: ManifestSourcePorts = {}): ManifestSource {
  const { cwd = process.cwd(), debounceMs = 200, maxFileBytes = 256 * 1024 * 1024 } = options;
  const { watcher = systemFolderWatcher, clock = systemClock } = ports;
  const paths = typeof options.path === 'string' ? [options.path] : options.path;
  const roots = paths.map((entry) => path.resolve(cwd, entry));
  const texts = options.texts ?? [];
  const name = [...paths, ...texts.map((text) => text.name)].join(', ');
  let summary: ManifestSummary | undefined;

  const watch: ObjectSource['watch'] = async (kinds, onEvent, signal) => {
    signal.throwIfAborted();
    const wanted = new Set(kinds.map(({ group, kind }) => `${group}/${kind}`));
    const wants = (object: KubeObject) => wanted.has(`${groupOf(object.apiVersion)}/${object.kind}`);
    const looker = createLooker({
      roots,
      wants,
      maxFileBytes,
      texts,
      ...(ports.renderer === undefined ? {} : { renderer: ports.renderer }),
    });
    const changes = createChanges(signal);
    // Watched before the first look, so that nothing falls between the two.
    for (const root of roots) {
      await watcher.watch(root, changes.notify, signal).catch((error: unknown) => {
        throw new SourceError('unreadable', `${root} cannot be read`, error);
      });
    }
    summary = await firstLook(looker, onEvent, name);
    for (const kind of distinct(kinds)) onEvent({ type: 'synced', kind });

    const follow = async () => {
      for (;;) {
        await changes.next();
        await changes.quiet(() => clock.sleep(debounceMs, signal));
        summary = await laterLook(looker, onEvent, kinds, summary);
      }
    };
    // It ends by the signal only: a look that fails is an event.
    follow().catch(() => {});
  };

  return { name, type: 'manifests', watch, summary: () => summary };
}

async function firstLook(
  looker: Looker,
  onEvent: (event: SourceEvent) => void,
  name: string,
): Promise<ManifestSummary> {
  let summary: ManifestSummary;
  try {
    summary = await looker.look(onEvent);
  } catch (error) {
    throw new SourceError('unreadable', `${name} cannot be read`, error);
  }
  if (summary.objects > 0) return summary;
  const problems = summary.unreadable === 0 ? '' : ` (${summary.unreadable} could not be read)`;
  throw new SourceError(
    'nothingToScan',
    `nothing to scan in ${name}: no Kubernetes object in ${summary.files === 1 ? 'one file' : `${summary.files} files`}${problems}`,
  );
}

async function laterLook(
  looker: Looker,
  onEvent: (event: SourceEvent) => void,
  kinds: readonly GroupKind[],
  before: ManifestSummary | undefined,
): Promise<ManifestSummary | undefined> {
  try {
    const summary = await looker.look(onEvent);
    for (const kind of distinct(kinds)) onEvent({ type: 'synced', kind });
    return summary;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    for (const kind of distinct(kinds)) onEvent({ type: 'failed', kind, reason: 'invalid', detail });
    return before;
  }
}

/** A change that was told is not lost while the one before it is worked on. */
function createChanges(signal: AbortSignal) {
  let count = 0;
  let handled = 0;
  let wake: (() => void) | undefined;
  // One listener for all waits: a folder may change for months.
  signal.addEventListener('abort', () => wake?.(), { once: true });
  return {
    notify: () => {
      count += 1;
      wake?.();
    },
    next: async () => {
      signal.throwIfAborted();
      if (count === handled) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      signal.throwIfAborted();
      handled = count;
    },
    /** Waits until nothing was told during one whole wait. */
    quiet: async (wait: () => Promise<void>) => {
      do {
        handled = count;
        await wait();
      } while (count !== handled);
    },
  };
}

function distinct(kinds: readonly GroupKind[]): GroupKind[] {
  return [...new Map(kinds.map((kind) => [`${kind.group}/${kind.kind}`, kind])).values()];
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
