export { type FixedFile, planFileFix, replaceFile, type Written } from './fix/fix-file.ts';
export { type FieldFix, type FixedText, fixText, type RefusedFix } from './fix/fix-text.ts';
export type { FolderWatcher } from './folder/folder-watcher.ts';
export { holdsObjects } from './folder/holds-objects.ts';
export type { GivenText, ManifestSummary } from './folder/look.ts';
export { createLocator, type Locator, type LocatorOptions, type Position } from './locate.ts';
export {
  createManifestSource,
  type ManifestSource,
  type ManifestSourceOptions,
  type ManifestSourcePorts,
} from './manifest-source.ts';
export { type FileContent, type PlacedObject, readManifest } from './read-file.ts';
export type { FolderRenderer, RenderedFolder, RenderResult } from './render/port.ts';
export { createProgramRenderer, type ProgramRendererOptions } from './render/programs.ts';
