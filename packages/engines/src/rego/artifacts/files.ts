import type { PolicyArtifacts } from '../port.ts';
import { policiesOf, type RawPolicies } from './documents.ts';

/** Artifact files by their names without folder: the text of each. */
export type ArtifactFiles = ReadonlyMap<string, string>;

export type LoadedArtifacts =
  | { readonly ok: true; readonly artifacts: PolicyArtifacts }
  /** One sentence for people. */
  | { readonly ok: false; readonly problem: string };

/** The files of a release (scanner.md 15). Older ones carry `.json`. */
export const releaseFiles = {
  rules: 'rules',
  controls: 'controls',
  frameworks: 'frameworks',
  securityFrameworks: 'security_frameworks',
  inputs: 'default_config_inputs',
  exceptions: 'exceptions',
  attackTracks: 'attack_tracks',
  controlRules: 'ControlID_RuleName.csv',
  frameworkControls: 'FWName_CID_CName.csv',
} as const;

/** Of a cache folder, beside one file for each framework or control. */
const cacheFiles = {
  inputs: 'controls-inputs.json',
  exceptions: 'exceptions.json',
  attackTracks: 'attack-tracks.json',
};

/** Reads either form: a release has lists of rules and controls, a cache folder has frameworks and controls with their rules inside. */
export function readArtifacts(source: string, files: ArtifactFiles): LoadedArtifacts {
  const reader = new JsonFiles(files);
  const isRelease = reader.has(releaseFiles.rules) && reader.has(releaseFiles.controls);
  const raw = isRelease ? releasePolicies(reader) : cachedPolicies(reader);
  const { controls, frameworks, problems } = policiesOf(raw);
  const all = [...reader.problems, ...problems];
  if (controls.length === 0) {
    const [first] = all;
    const reason = first === undefined ? '' : `; ${first.component}: ${first.reason}`;
    return { ok: false, problem: `${source} holds no control with rules${reason}` };
  }
  const names = isRelease ? releaseFiles : cacheFiles;
  const artifacts: PolicyArtifacts = {
    source,
    controls,
    frameworks,
    inputs: reader.json(names.inputs),
    exceptions: reader.json(names.exceptions),
    attackTracks: reader.json(names.attackTracks),
    problems: [...reader.problems, ...problems],
  };
  return { ok: true, artifacts };
}

function releasePolicies(reader: JsonFiles): RawPolicies {
  return {
    rules: reader.list(releaseFiles.rules),
    controls: reader.list(releaseFiles.controls),
    frameworks: [...reader.list(releaseFiles.frameworks), ...reader.list(releaseFiles.securityFrameworks)],
    controlRules: reader.rows(releaseFiles.controlRules),
    frameworkControls: reader.rows(releaseFiles.frameworkControls),
  };
}

function cachedPolicies(reader: JsonFiles): RawPolicies {
  const frameworks: unknown[] = [];
  const controls: unknown[] = [];
  const special = new Set<string>(Object.values(cacheFiles));
  for (const name of reader.names()) {
    if (!name.toLowerCase().endsWith('.json') || special.has(name)) continue;
    const value = reader.json(name);
    if (typeof value !== 'object' || value === null) continue;
    if ('controls' in value && Array.isArray(value.controls)) frameworks.push(value);
    else if ('rules' in value && Array.isArray(value.rules)) controls.push(value);
  }
  return { rules: [], controls, frameworks, controlRules: [], frameworkControls: [] };
}

class JsonFiles {
  readonly problems: { readonly component: string; readonly reason: string }[] = [];
  readonly #files: ArtifactFiles;
  readonly #parsed = new Map<string, unknown>();

  constructor(files: ArtifactFiles) {
    this.#files = files;
  }

  names(): string[] {
    return [...this.#files.keys()].sort();
  }

  has(name: string): boolean {
    return this.#files.has(name) || this.#files.has(`${name}.json`);
  }

  json(name: string): unknown {
    const file = this.#files.has(name) ? name : `${name}.json`;
    const text = this.#files.get(file);
    if (text === undefined) return undefined;
    if (!this.#parsed.has(file)) this.#parsed.set(file, this.#parse(file, text));
    return this.#parsed.get(file);
  }

  list(name: string): readonly unknown[] {
    const value = this.json(name);
    if (Array.isArray(value)) return value;
    if (value !== undefined) this.problems.push({ component: `file ${name}`, reason: 'it is no list' });
    return [];
  }

  /** Without the heading. */
  rows(name: string): string[][] {
    const lines = (this.#files.get(name) ?? '').split(/\r?\n/).slice(1);
    return lines.filter((line) => line.trim() !== '').map(csvRow);
  }

  #parse(file: string, text: string): unknown {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      this.problems.push({ component: `file ${file}`, reason: 'it is not JSON' });
      return undefined;
    }
  }
}

function csvRow(line: string): string[] {
  const cells = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...cells].map(([, quoted, plain = '']) =>
    quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'),
  );
}
