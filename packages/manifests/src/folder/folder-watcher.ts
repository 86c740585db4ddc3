import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';

/** Tells that something below a path may have changed. */
export interface FolderWatcher {
  /** Calls until the signal aborts. @throws when the path cannot be watched. */
  watch(root: string, onChange: () => void, signal: AbortSignal): Promise<void>;
}

/** By `fs.watch`. A file is watched through its folder: editors replace files, and the new one is not the one that was watched. */
export const systemFolderWatcher: FolderWatcher = {
  watch: async (root, onChange, signal) => {
    const isFolder = (await stat(root)).isDirectory();
    const name = path.basename(root);
    const watcher: FSWatcher = watch(
      isFolder ? root : path.dirname(root),
      { recursive: isFolder, signal, persistent: false },
      (_event, changed) => {
        if (isFolder || changed === null || changed === name) onChange();
      },
    );
    // A folder that vanishes is seen by the next look.
    watcher.on('error', onChange);
  },
};
