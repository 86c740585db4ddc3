import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { kustomizationNames } from '../render/kustomizations.ts';
import type { RenderedFolder } from '../render/port.ts';
import { type IgnoreRules, parseIgnoreRules } from './ignore.ts';

/** A file that may hold manifests. */
export interface FoundFile {
  /** Absolute. */
  readonly file: string;
  /** From the root, with `/`; the base name for a root that is a file. */
  readonly relativePath: string;
  readonly size: number;
  /** Changes when the file was written anew. */
  readonly stamp: string;
}

/** Something that was left out, and why. */
export interface LeftOut {
  readonly file: string;
  readonly detail: string;
}

export interface WalkResult {
  /** In the order of their paths. */
  readonly files: readonly FoundFile[];
  readonly leftOut: readonly LeftOut[];
  /** Helm charts and kustomizations, if somebody renders them. */
  readonly folders: readonly RenderedFolder[];
}

const extensions = new Set(['.yaml', '.yml', '.json']);
/** What Helm makes a chart's objects of. */
const chartFolders: ReadonlySet<string> = new Set(['templates', 'charts', 'crds']);
const ignoreFile = '.kubescapeignore';
const maxFiles = 200_000;

/**
 * Finds the files below a root. Hidden folders and what `.kubescapeignore` names are left out quietly; templates of Helm charts and
 * links that lead out of the root or nowhere are left out with the reason. A root that is a file is taken whatever its name is.
 * With `rendersFolders` charts and kustomizations are told of, and what Helm takes out of a chart is not looked at as files.
 */
export async function walk(root: string, { rendersFolders = false } = {}): Promise<WalkResult> {
  const state: WalkState = {
    root,
    realRoot: await realpath(root),
    rendersFolders,
    files: [],
    leftOut: [],
    folders: [],
    visited: new Set(),
  };
  const rootStat = await stat(root);
  if (rootStat.isDirectory()) await visitFolder(root, '', await ignoreRulesOf(root), state);
  else
    state.files.push({ file: root, relativePath: path.basename(root), size: rootStat.size, stamp: stampOf(rootStat) });
  return { files: state.files, leftOut: state.leftOut, folders: state.folders };
}

interface WalkState {
  readonly root: string;
  readonly realRoot: string;
  readonly files: FoundFile[];
  readonly rendersFolders: boolean;
  readonly leftOut: LeftOut[];
  readonly folders: RenderedFolder[];
  /** Real paths of folders: a link to a folder above must not lead round in circles. */
  readonly visited: Set<string>;
}

async function visitFolder(folder: string, relative: string, rules: IgnoreRules, state: WalkState): Promise<void> {
  const real = relative === '' ? state.realRoot : await realpath(folder).catch(() => undefined);
  // Undefined: it has gone since its parent was read.
  if (real === undefined || state.visited.has(real)) return;
  state.visited.add(real);
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (relative === '') throw error;
    state.leftOut.push({ file: folder, detail: 'the folder cannot be read' });
    return;
  }
  const isChart = entries.some(({ name }) => name === 'Chart.yaml');
  if (state.rendersFolders) {
    const isKustomization = entries.some(({ name }) => kustomizationNames.includes(name));
    if (isChart) state.folders.push({ type: 'helm', folder, relativePath: relative });
    else if (isKustomization) state.folders.push({ type: 'kustomize', folder, relativePath: relative });
  }
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = relative === '' ? entry.name : `${relative}/${entry.name}`;
    await visitEntry(entry, path.join(folder, entry.name), inner, { isChart, rules, state });
  }
}

interface Surroundings {
  readonly isChart: boolean;
  readonly rules: IgnoreRules;
  readonly state: WalkState;
}

async function visitEntry(entry: Dirent, file: string, relative: string, around: Surroundings): Promise<void> {
  const { isChart, rules, state } = around;
  const isFolder = entry.isSymbolicLink() ? await leadsToFolder(file) : entry.isDirectory();
  if (rules.ignores(relative, isFolder)) return;
  if (isFolder ? entry.name.startsWith('.') : !extensions.has(path.extname(entry.name).toLowerCase())) return;
  if (isChart && isFolder && isTakenByHelm(entry.name, file, state)) return;
  const problem = entry.isSymbolicLink() ? await problemOfLink(file, state.realRoot) : undefined;
  if (problem !== undefined) {
    // Editors mark a file that is being edited with a hidden link to nowhere.
    if (!entry.name.startsWith('.')) state.leftOut.push({ file, detail: problem });
    return;
  }
  if (isFolder) {
    await visitFolder(file, relative, rules, state);
    return;
  }
  const found = await stat(file).catch(() => undefined);
  // Pipes and devices are no files, and a file may have gone since the folder was read.
  if (found?.isFile() !== true) return;
  if (state.files.length >= maxFiles) throw new Error(`there are more than ${maxFiles} files in ${state.root}`);
  state.files.push({ file, relativePath: relative, size: found.size, stamp: stampOf(found) });
}

/** Folders of a chart that Helm reads: with somebody who renders it no manifests of their own, without anybody templates of nothing. */
function isTakenByHelm(name: string, file: string, { rendersFolders, leftOut }: WalkState): boolean {
  if (rendersFolders) return chartFolders.has(name);
  if (name !== 'templates') return false;
  leftOut.push({ file, detail: 'templates of a Helm chart are no manifests until the chart is rendered' });
  return true;
}

async function leadsToFolder(link: string): Promise<boolean> {
  return stat(link).then(
    (target) => target.isDirectory(),
    () => false,
  );
}

/** Why a link is not followed. */
async function problemOfLink(link: string, root: string): Promise<string | undefined> {
  const real = await realpath(link).catch(() => undefined);
  if (real === undefined) return 'the link leads nowhere';
  return isInside(root, real) ? undefined : 'the link leads out of the folder and is not followed';
}

function isInside(root: string, file: string): boolean {
  return file === root || file.startsWith(root.endsWith(path.sep) ? root : `${root}${path.sep}`);
}

function stampOf({ mtimeMs, size, ino }: { mtimeMs: number; size: number; ino: number }): string {
  return `${mtimeMs}/${size}/${ino}`;
}

async function ignoreRulesOf(root: string): Promise<IgnoreRules> {
  const file = path.join(root, ignoreFile);
  // Not through a link: the rules are part of the folder.
  const isFile = await lstat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  return parseIgnoreRules(isFile ? await readFile(file, 'utf8') : '');
}
