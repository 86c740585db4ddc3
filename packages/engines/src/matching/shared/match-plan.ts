import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { unaffectedName } from './components.ts';
import type { MatchGroup, ProjectedComponent, SbomProjection } from './project-sbom.ts';

export interface MatchPlanOptions {
  /** Gets one file for each run. */
  readonly directory: string;
  /** Grype's time grows with the square of the packages of a document, its start costs a fifth of a second. Default 1000. */
  readonly packagesPerRun?: number;
  /** Runs of one group that wait for more packages at a time. Default 16. */
  readonly openRuns?: number;
}

/** One document for Grype. */
export interface MatchRun {
  /** In Syft's JSON format. */
  readonly file: string;
  /** os-release `ID` of all its packages. */
  readonly distribution: string | undefined;
  readonly packages: number;
  /** Keys; the packages of component `i` have the ids `i.0`, `i.1`, … */
  readonly components: readonly string[];
}

/**
 * Collects the components of many SBOMs, each once, into as few documents for Grype as give the same answers. Two components that hold
 * different packages of one type, name and version never share a document, see `findComponents`. Memory: a key for each component.
 */
export interface MatchPlan {
  add(projection: SbomProjection): void;
  /** Writes what is still open. */
  finish(): readonly MatchRun[];
}

const defaultPackagesPerRun = 1000;
const defaultOpenRuns = 16;

export function createMatchPlan(options: MatchPlanOptions): MatchPlan {
  const { directory, packagesPerRun = defaultPackagesPerRun, openRuns = defaultOpenRuns } = options;
  const planned = new Set<string>();
  const open = new Map<string, OpenRun[]>();
  const runs: MatchRun[] = [];

  const startRun = (group: MatchGroup): OpenRun => {
    const run = new OpenRun(join(directory, `run-${runs.length}.json`), group);
    runs.push(run);
    return run;
  };

  const place = (component: ProjectedComponent, group: MatchGroup, candidates: OpenRun[]): void => {
    const names = namesOf(component);
    let run = candidates.find((candidate) => candidate.takes(component, names, packagesPerRun));
    if (run === undefined) {
      // Full ones and those that take next to nothing any more give way to a new one.
      if (candidates.length >= openRuns) candidates.shift()?.close();
      run = startRun(group);
      candidates.push(run);
    }
    run.add(component, names);
    if (run.packages >= packagesPerRun) {
      run.close();
      candidates.splice(candidates.indexOf(run), 1);
    }
  };

  return {
    add: ({ group, components }) => {
      const groupKey = JSON.stringify(group);
      let candidates = open.get(groupKey);
      if (candidates === undefined) open.set(groupKey, (candidates = []));
      for (const component of components) {
        if (planned.has(component.key)) continue;
        planned.add(component.key);
        place(component, group, candidates);
      }
    },
    finish: () => {
      for (const candidates of open.values()) for (const run of candidates) run.close();
      open.clear();
      return runs;
    },
  };
}

function namesOf({ packages }: ProjectedComponent): string[] {
  return packages.flatMap(({ type, name, version }) => {
    const found = unaffectedName({ type: String(type), name: String(name), version: String(version) });
    return found === undefined ? [] : [found];
  });
}

/** The file handle is open only while something is written: a plan may have hundreds of these. */
class OpenRun implements MatchRun {
  readonly file: string;
  readonly distribution: string | undefined;
  readonly components: string[] = [];
  packages = 0;
  readonly #group: MatchGroup;
  readonly #names = new Set<string>();
  readonly #relationships: object[] = [];
  #pending: string[] = [];

  constructor(file: string, group: MatchGroup) {
    this.file = file;
    this.distribution = group.distro.id;
    this.#group = group;
  }

  takes({ packages }: ProjectedComponent, names: readonly string[], packagesPerRun: number): boolean {
    if (this.packages > 0 && this.packages + packages.length > packagesPerRun) return false;
    return !names.some((name) => this.#names.has(name));
  }

  add({ key, packages, ownerships }: ProjectedComponent, names: readonly string[]): void {
    const id = (place: number): string => `${this.components.length}.${place}`;
    for (const [place, shared] of packages.entries()) {
      this.#pending.push(JSON.stringify({ id: id(place), ...shared, foundBy: '', locations: [] }));
    }
    for (const [owner, owned] of ownerships) {
      this.#relationships.push({ parent: id(owner), child: id(owned), type: 'ownership-by-file-overlap' });
    }
    for (const name of names) this.#names.add(name);
    this.components.push(key);
    this.packages += packages.length;
    if (this.#pending.length >= 200) this.#flush('');
  }

  close(): void {
    const { distro, schema } = this.#group;
    const rest = JSON.stringify({
      artifactRelationships: this.#relationships,
      files: [],
      source: { id: 'united', name: 'united', version: '', type: 'directory', metadata: { path: '/' } },
      distro,
      descriptor: { name: 'syft', version: '1.0.0' },
      schema,
    });
    this.#flush(`],${rest.slice(1)}`);
    this.#names.clear();
  }

  #started = false;

  #flush(end: string): void {
    const file = openSync(this.file, this.#started ? 'a' : 'wx', 0o600);
    try {
      const separator = this.#started && this.#pending.length > 0 && !this.#isEmpty ? ',' : '';
      writeSync(file, `${this.#started ? '' : '{"artifacts":['}${separator}${this.#pending.join(',')}${end}`);
      if (this.#pending.length > 0) this.#isEmpty = false;
      this.#started = true;
      this.#pending = [];
    } finally {
      closeSync(file);
    }
  }

  #isEmpty = true;
}
