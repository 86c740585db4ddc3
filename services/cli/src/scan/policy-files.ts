import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultControlInputs } from '@kso/controls';
import { isRecord, type UnknownRecord } from '@kso/domain';
import { loadPosturePolicy, type PosturePolicy } from '@kso/engines';
import { describeError } from '@kso/kit';
import type { RegoPolicies } from '@kso/kubescape-scanner';
import { fail } from '../errors.ts';
import { type CliHost, userPath } from '../host.ts';

/** Nothing that people write is larger. */
const maxBytes = 16 * 1024 * 1024;

/** A file of JSON or YAML that an option names. @throws PATH_UNREADABLE, BAD_VALUE */
async function readDocument(option: string, path: string, host: CliHost): Promise<unknown> {
  const bytes = await readFile(userPath(host, path)).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (bytes.length > maxBytes) throw fail('PATH_UNREADABLE', { path, problem: 'it is too large' });
  const { parseDocument } = await import('@kso/domain/yaml');
  const parsed = parseDocument(bytes.toString('utf8'));
  if (parsed.outcome === 'malformed')
    throw fail('BAD_VALUE', { option: `${option} ${path}:${parsed.line}`, problem: parsed.detail });
  return parsed.values.length === 1 ? parsed.values[0] : parsed.values;
}

function unreadable(path: string, error: unknown): Error {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  if (isMissing) return fail('PATH_UNREADABLE', { path, problem: 'no such file' });
  return fail('PATH_UNREADABLE', { path, problem: describeError(error) });
}

/** Files of the command line that say what is evaluated and how results are taken. */
export interface PolicyFiles {
  /** Control inputs (scanner.md 13). */
  readonly controlsConfig?: string | undefined;
  /** Exceptions in any of their forms (scanner.md 12). */
  readonly exceptions?: string | undefined;
  /** Frameworks of the user's own: a file, or a folder with a file for each. */
  readonly customFrameworks?: string | undefined;
  /** A file with one such framework, that is given as `--use-from`. */
  readonly useFrom?: string | undefined;
}

/**
 * The policy of the files, and of artifacts where there are some. What is wrong in files is an error. Frameworks may name controls in
 * Rego besides our own.
 * @throws PATH_UNREADABLE, BAD_VALUE
 */
export async function readPolicyFiles(
  files: PolicyFiles,
  policies: Pick<RegoPolicies, 'added' | 'documents'> | undefined,
  host: CliHost,
): Promise<PosturePolicy> {
  const { controlsConfig, exceptions, customFrameworks, useFrom } = files;
  const document = async (option: string, file: string | undefined) =>
    file === undefined ? [] : [documentOf(file, await readDocument(option, file, host))];
  const released = policies?.documents;
  const result = loadPosturePolicy({
    controls: policies?.added.controls ?? [],
    readFrameworks: policies?.added.frameworks ?? [],
    controlInputs: [...(await document('--controls-config', controlsConfig)), ...(released?.controlInputs ?? [])],
    exceptions: [...(await document('--exceptions', exceptions)), ...(released?.exceptions ?? [])],
    attackTracks: released?.attackTracks ?? [],
    frameworks: [...(await readFrameworks(customFrameworks, host)), ...(await document('--use-from', useFrom))],
  });
  if (result.ok) return result.policy;
  const options = { '--controls-config': controlsConfig, '--exceptions': exceptions };
  const ofFrameworks = { '--custom-frameworks': customFrameworks, '--use-from': useFrom };
  const given = Object.entries({ ...options, ...ofFrameworks }).filter(([, file]) => file !== undefined);
  throw fail('BAD_VALUE', { option: given.map(([option]) => option).join(', '), problem: result.problems.join('; ') });
}

function documentOf(file: string, value: unknown) {
  return { source: 'file' as const, origin: `file ${file}`, value };
}

/** A file with one framework or a list of them, or the files of a folder, not of those below it. */
async function readFrameworks(place: string | undefined, host: CliHost) {
  if (place === undefined) return [];
  const option = '--custom-frameworks';
  const entries = await readdir(userPath(host, place), { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw unreadable(place, error);
  });
  if (entries === undefined) return [documentOf(place, await readDocument(option, place, host))];
  const names = entries
    .filter((entry) => !entry.isDirectory() && documentName.test(entry.name))
    .map(({ name }) => name);
  if (names.length === 0) throw fail('PATH_UNREADABLE', { path: place, problem: 'it holds no .json or .yaml file' });
  return Promise.all(
    names.sort().map(async (name) => {
      const file = join(place, name);
      return documentOf(file, await readDocument(option, file, host));
    }),
  );
}

const documentName = /^[^.].*\.(?:json|ya?ml)$/i;

/**
 * The names of the frameworks in a file of `--use-from` that only names controls; undefined when it brings rules in Rego, which the
 * policy engine for those reads. @throws PATH_UNREADABLE, BAD_VALUE
 */
export async function frameworksWithoutRules(file: string, host: CliHost): Promise<readonly string[] | undefined> {
  const value = await readDocument('--use-from', file, host);
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (all.length === 0 || !all.every(isWithoutRules)) return undefined;
  // One without a name is an error when it is read.
  return all.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
}

function isWithoutRules(value: unknown): value is UnknownRecord {
  if (!isRecord(value) || !membersOf.some((field) => Array.isArray(value[field]))) return false;
  const { controls } = value;
  return !Array.isArray(controls) || !controls.some((each) => isRecord(each) && hasRules(each));
}

const membersOf = ['controls', 'activeControls', 'controlsIDs'];

function hasRules({ rules }: UnknownRecord): boolean {
  return Array.isArray(rules) && rules.length > 0;
}

/** Control inputs of the files that no built-in control reads: most likely mistyped, unless rules in Rego read them. */
export function unknownInputs({ inputs }: PosturePolicy): string[] {
  const ofFiles = Object.entries(inputs.origins).filter(([, origin]) => origin.startsWith('file '));
  return ofFiles.map(([name]) => name).filter((name) => !Object.hasOwn(defaultControlInputs, name));
}
