import path from 'node:path';
import type { FileContent, PlacedObject } from '../read-file.ts';
import { readManifest } from '../read-file.ts';
import { splitDocuments } from '../yaml/split-documents.ts';
import type { RenderedFolder } from './port.ts';

/** An object that a renderer made, with the template that it comes from if that is known. */
export interface RenderedObject extends PlacedObject {
  /** Absolute: the template of a chart, else the folder. */
  readonly file: string;
}

export interface RenderedContent extends Omit<FileContent, 'objects'> {
  readonly objects: readonly RenderedObject[];
}

const sourceLine = /^# Source: (\S+)\s*$/m;

/** Reads what a renderer gave. Helm says before each document which template it is from: `# Source: chart/templates/web.yaml`. */
export function readRendered(text: string, { type, folder }: RenderedFolder): RenderedContent {
  const content = readManifest(Buffer.from(text));
  const templates = new Map(
    (type === 'helm' ? splitDocuments(text) : []).map((raw) => [raw.index, sourceLine.exec(raw.text)?.[1]]),
  );
  const fileOf = (document: number): string => {
    const template = templates.get(document);
    // The first part is the name of the chart, which need not be that of its folder.
    const relative = template?.split('/').slice(1).join('/') ?? '';
    const file = path.join(folder, relative);
    return file.startsWith(`${folder}${path.sep}`) ? file : folder;
  };
  return { ...content, objects: content.objects.map((object) => ({ ...object, file: fileOf(object.document) })) };
}
