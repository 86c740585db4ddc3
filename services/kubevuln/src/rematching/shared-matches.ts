import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { GrypeMatch } from '@kso/engines/documents';
import {
  type ComponentResults,
  createComponentResults,
  createMatchPlan,
  type GrypeMatchObject,
  handBack,
  type ImageMatch,
  type MatchRun,
  projectionVersion,
  projectSbom,
  type SbomProjection,
} from '@kso/engines/shared-matching';
import type { ImageFinding } from '@kso/wire';
import { projectionOf } from '../scanning/sbom-cache.ts';
import { alertsOf, findingOf } from '../summary/image-matches.ts';

/** What the pass finds out about one image. */
export interface ImageAnswer {
  readonly findings: ImageFinding[];
  readonly alerts: string[];
}

export interface PlanAnswer {
  readonly runs: readonly MatchRun[];
  /** Files of SBOMs that have to be matched by themselves, or could not be read. */
  readonly apart: readonly string[];
}

/** The part of a matching pass that reads SBOMs and Grype's output: for a worker thread. One for each pass. */
export interface SharedMatches {
  /** @param sbomFiles as the SBOM cache keeps them */
  plan(sbomFiles: readonly string[]): Promise<PlanAnswer>;
  /** Takes Grype's output about the run of this number. */
  takeResult(run: number, resultFile: string): Promise<void>;
  /** Undefined when a run about the image failed, or its SBOM is gone. */
  answer(sbomFile: string): ImageAnswer | undefined;
  close(): void;
}

/** @param directory for the pass alone, e.g. a scratch folder */
export function createSharedMatches(directory: string): SharedMatches {
  const results: ComponentResults = createComponentResults(join(directory, 'results'));
  const findings = new WeakMap<GrypeMatchObject, ImageFinding>();
  let runs: readonly MatchRun[] = [];

  /** Made once for all images that have the package. */
  const sharedFinding = (match: GrypeMatchObject): ImageFinding => {
    let finding = findings.get(match);
    if (finding === undefined) {
      finding = findingOf(GrypeMatch.parse(match));
      findings.set(match, finding);
    }
    return finding;
  };
  const findingIn = ({ shared, own }: ImageMatch): ImageFinding => ({
    ...sharedFinding(shared),
    locations: (own.locations ?? []).map(({ path, layerID }) => ({ path, layer: layerID ?? '' })),
  });

  return {
    plan: async (sbomFiles) => {
      const plan = createMatchPlan({ directory });
      const apart: string[] = [];
      for (const file of sbomFiles) {
        const projection = await projectionIn(file);
        if (projection === undefined) apart.push(file);
        else plan.add(projection);
      }
      runs = plan.finish();
      return { runs, apart };
    },
    takeResult: async (run, resultFile) => {
      results.add(runs[run]?.components ?? [], JSON.parse(await readFile(resultFile, 'utf8')));
    },
    answer: (sbomFile) => {
      const projection = readProjection(sbomFile);
      const result = projection === undefined ? undefined : handBack(projection, results);
      if (result === undefined) return undefined;
      return {
        findings: result.matches.map(findingIn),
        alerts: alertsOf({ alertsByPackage: result.alerts.map(({ shared }) => shared) }),
      };
    },
    close: () => {
      results.close();
    },
  };
}

/** The projection that is kept beside the SBOM, else a new one. Undefined: not to be had. */
async function projectionIn(sbomFile: string): Promise<SbomProjection | undefined> {
  const kept = readProjection(sbomFile);
  if (kept !== undefined) return kept;
  try {
    const text = zstdDecompressSync(await readFile(sbomFile)).toString('utf8');
    const projection = projectSbom(JSON.parse(text));
    if (projection === undefined) return undefined;
    const file = projectionOf(sbomFile);
    writeFileSync(`${file}.partial`, zstdCompressSync(JSON.stringify(projection)), { mode: 0o600 });
    renameSync(`${file}.partial`, file);
    return projection;
  } catch {
    // Damaged, or put out of the cache meanwhile.
    return undefined;
  }
}

function readProjection(sbomFile: string): SbomProjection | undefined {
  try {
    const text = zstdDecompressSync(readFileSync(projectionOf(sbomFile))).toString('utf8');
    // Written by `projectionIn` alone, so its shape is that of its version.
    const projection = JSON.parse(text) as Omit<SbomProjection, 'version'> & { version: number };
    return projection.version === projectionVersion ? { ...projection, version: projectionVersion } : undefined;
  } catch {
    return undefined;
  }
}
