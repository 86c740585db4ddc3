// npx -y pnpm@12 images:gate [--database FOLDER] [--json] IMAGE…
// Scans our own images with our own engines. Exit codes: 0 nothing in the way, 1 fixable findings of high severity or
// worse, 2 usage, 3 an image could not be evaluated. IMAGE is a name in buildah's storage, or oci:FOLDER.

import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createGrype, createSyft, GrypeDocument, type GrypeMatch } from '@kso/engines';
import { saveLayout } from './buildah.ts';

const usage =
  'npx -y pnpm@12 images:gate [--database FOLDER] IMAGE...    IMAGE: a name in the storage of buildah, or oci:FOLDER';
const minutes = 60_000;
const gigabyte = 1024 ** 3;

export type Verdict =
  | { readonly verdict: 'open'; readonly findings: number; readonly packages: number }
  | { readonly verdict: 'closed'; readonly blocking: readonly GrypeMatch[] }
  /** Not knowing is not passing. */
  | { readonly verdict: 'notEvaluated'; readonly reason: string };

export interface GateOptions {
  /** Grype's database folder. */
  readonly databaseDirectory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Judges the one image of an OCI layout. */
export async function judgeLayout(layout: string, { databaseDirectory, env }: GateOptions): Promise<Verdict> {
  const work = mkdtempSync(path.join(tmpdir(), 'kso-gate-'));
  try {
    const sbom = path.join(work, 'sbom.json');
    const created = await createSyft({ env, scratchRoot: work }).create({
      source: { type: 'ociLayout', directory: layout },
      target: sbom,
      timeoutMs: 5 * minutes,
      maxImageBytes: 4 * gigabyte,
      maxSbomBytes: gigabyte,
    });
    if (created.outcome !== 'created') return notEvaluated('Syft', created);
    const packages = packagesOf(sbom);
    // A scanner that sees nothing in an image of hundreds of packages has not looked.
    if (packages === 0) return { verdict: 'notEvaluated', reason: 'Syft found no package in it' };
    const target = path.join(work, 'matches.json');
    const matched = await createGrype({ env, scratchRoot: work, databaseDirectory }).match({
      sbom: () => createReadStream(sbom),
      target,
      timeoutMs: 5 * minutes,
      maxResultBytes: gigabyte,
    });
    if (matched.outcome !== 'matched') return notEvaluated('Grype', matched);
    const { matches } = GrypeDocument.parse(JSON.parse(readFileSync(target, 'utf8')));
    const blocking = matches.filter(isBlocking);
    return blocking.length > 0
      ? { verdict: 'closed', blocking }
      : { verdict: 'open', findings: matches.length, packages };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function isBlocking({ vulnerability: { severity, fix } }: GrypeMatch): boolean {
  return ['high', 'critical'].includes(severity.toLowerCase()) && fix.state === 'fixed';
}

function packagesOf(sbom: string): number {
  const { artifacts = [] } = JSON.parse(readFileSync(sbom, 'utf8')) as { artifacts?: unknown[] };
  return artifacts.length;
}

function notEvaluated(engine: string, { outcome, ...rest }: { outcome: string; detail?: string }): Verdict {
  return {
    verdict: 'notEvaluated',
    reason: `${engine}: ${outcome}${rest.detail === undefined ? '' : `, ${rest.detail}`}`,
  };
}

async function judge(image: string, options: GateOptions): Promise<Verdict> {
  if (image.startsWith('oci:')) return judgeLayout(image.slice('oci:'.length), options);
  const layout = mkdtempSync(path.join(tmpdir(), 'kso-layout-'));
  try {
    saveLayout(image, layout);
    return await judgeLayout(layout, options);
  } finally {
    rmSync(layout, { recursive: true, force: true });
  }
}

function describe(image: string, verdict: Verdict): string {
  if (verdict.verdict === 'open')
    return `${image}: ${verdict.packages} packages, ${verdict.findings} findings, none of them high and fixable`;
  if (verdict.verdict === 'notEvaluated') return `${image}: not evaluated: ${verdict.reason}`;
  const lines = verdict.blocking.map(
    ({ vulnerability: { id, severity, fix }, artifact: { name, version } }) =>
      `  ${severity.padEnd(8)}  ${id.padEnd(19)}  ${name} ${version}, fixed in ${fix.versions.join(', ')}`,
  );
  return [`${image}: ${lines.length} fixable findings of high severity or worse`, ...lines].join('\n');
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { database: { type: 'string' } } });
  if (positionals.length === 0) {
    console.error(usage);
    return 2;
  }
  const { GRYPE_DB_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  const cache = XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  const databaseDirectory = values.database ?? GRYPE_DB_CACHE_DIR ?? path.join(cache, 'grype/db');
  let code = 0;
  for (const image of positionals) {
    const verdict = await judge(image, { databaseDirectory, env: process.env });
    console.log(describe(image, verdict));
    if (verdict.verdict === 'closed') code = Math.max(code, 1);
    if (verdict.verdict === 'notEvaluated') code = 3;
  }
  return code;
}

if (import.meta.main) process.exitCode = await main();
