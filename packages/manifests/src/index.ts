export type { FolderWatcher } from './folder/folder-watcher.ts';
export { holdsObjects } from './folder/holds-objects.ts';
export type { ManifestSummary } from './folder/look.ts';
export { createLocator, type Locator } from './locate.ts';
export {
  createManifestSource,
  type ManifestSource,
  type ManifestSourceOptions,
  type ManifestSourcePorts,
} from './manifest-source.ts';
export { type FileContent, type PlacedObject, readManifest } from './read-file.ts';
