import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { withScratchDirectory } from '../programs/index.ts';
import { lastErrorLines } from '../sbom/syft.ts';
import { sampleProcessor } from './database-writer/index.ts';
import { findGrype, type GrypeOptions, runGrype } from './grype-process.ts';
import type { DatabaseChange, DatabaseStatus, VulnerabilityDatabase } from './port.ts';

const StatusDocument = z.object({
  schemaVersion: z.string().default(''),
  from: z.string().default(''),
  built: z.string().optional(),
  path: z.string(),
  valid: z.boolean(),
  error: z.string().optional(),
});

const ImportRecord = z.object({ digest: z.string().min(1) });

const statusTimeoutMs = 60_000;
const importTimeoutMs = 10 * 60_000;
const defaultUpdateTimeoutMs = 15 * 60_000;

/** The database below `databaseDirectory`, read and changed through `grype db`. */
export function createGrypeDatabase(options: GrypeOptions): VulnerabilityDatabase {
  let known: { readonly fingerprint: string; readonly status: DatabaseStatus } | undefined;
  const status = async (): Promise<DatabaseStatus> => {
    const lookup = await findGrype(options);
    if (lookup.found !== 'found') return { state: 'engineUnavailable', lookup };
    const fingerprint = `${lookup.path} ${lookup.version} ${await fingerprintOf(options.databaseDirectory)}`;
    if (known?.fingerprint === fingerprint) return known.status;
    const { status: found, isLasting } = await readStatus(options, lookup.path);
    known = isLasting ? { fingerprint, status: found } : undefined;
    return found;
  };
  return {
    status,
    update: async (signal) => {
      const { updateUrl } = options;
      if (updateUrl !== undefined && isOldListing(updateUrl)) {
        return {
          outcome: 'failed',
          detail: `${updateUrl} is a listing of schema v5; this Grype needs latest.json of v6`,
        };
      }
      const timeoutMs = options.updateTimeoutMs ?? defaultUpdateTimeoutMs;
      const variables = {
        // The caller decides when to look, and how long a slow line may take.
        GRYPE_DB_MAX_UPDATE_CHECK_FREQUENCY: '0',
        GRYPE_DB_UPDATE_DOWNLOAD_TIMEOUT: `${Math.ceil(timeoutMs / 1000)}s`,
        ...(options.updateUrl === undefined ? {} : { GRYPE_DB_UPDATE_URL: options.updateUrl }),
        ...(options.updateCaFile === undefined ? {} : { GRYPE_DB_CA_CERT: options.updateCaFile }),
      };
      const result = await change(options, status, { args: ['db', 'update'], variables, timeoutMs, signal });
      // Which address it was: Grype tells it of some failures only.
      if (result.outcome !== 'failed' || updateUrl === undefined || result.detail.includes(updateUrl)) return result;
      return { ...result, detail: `${updateUrl}: ${result.detail}` };
    },
    import: (file, signal) =>
      change(options, status, { args: ['db', 'import', file], variables: {}, timeoutMs: importTimeoutMs, signal }),
  };
}

/** `listing.json` of schema v5, which is what older instructions name. */
function isOldListing(url: string): boolean {
  return URL.parse(url)?.pathname.endsWith('/listing.json') === true;
}

interface ChangeCommand {
  readonly args: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Tells whether the database has been exchanged, has come or has gone since it was last asked for: Grype replaces the folder's files as
 * a whole. Saves a process for each image, also for each that waits for a database.
 */
async function fingerprintOf(databaseDirectory: string): Promise<string> {
  const folder = join(databaseDirectory, '6');
  const fingerprints = ['vulnerability.db', 'import.json'].map(async (name) => {
    const found = await stat(join(folder, name)).catch(() => undefined);
    return found === undefined ? 'none' : `${found.ino}:${found.size}:${found.mtimeMs}`;
  });
  return (await Promise.all(fingerprints)).join(' ');
}

async function change(
  options: GrypeOptions,
  status: () => Promise<DatabaseStatus>,
  command: ChangeCommand,
): Promise<DatabaseChange> {
  const { timeoutMs } = command;
  const before = await status();
  if (before.state === 'engineUnavailable') return { outcome: 'engineUnavailable', lookup: before.lookup };
  const lookup = await findGrype(options);
  if (lookup.found !== 'found') return { outcome: 'engineUnavailable', lookup };
  const end = await withScratchDirectory(options.scratchRoot, (directory) =>
    runGrype(options, { ...command, path: lookup.path, directory }),
  );
  if (end.ended === 'timedOut') return { outcome: 'timedOut', timeoutMs };
  if (end.ended === 'cancelled') return { outcome: 'cancelled' };
  if (end.ended !== 'exited' || end.code !== 0) {
    return { outcome: 'failed', detail: lastErrorLines(end.stderr) || `Grype ended: ${end.ended}` };
  }
  const after = await status();
  if (after.state !== 'ready') {
    return { outcome: 'failed', detail: 'detail' in after ? after.detail : 'Grype is gone' };
  }
  const same = before.state === 'ready' && before.digest === after.digest;
  return { outcome: same ? 'unchanged' : 'changed', database: after };
}

interface FoundStatus {
  readonly status: DatabaseStatus;
  /** False for what another look may answer differently although no file has changed. */
  readonly isLasting: boolean;
}

async function readStatus(options: GrypeOptions, grype: string): Promise<FoundStatus> {
  return withScratchDirectory(options.scratchRoot, async (directory) => {
    const file = join(directory, 'status.json');
    const end = await runGrype(options, {
      path: grype,
      args: ['db', 'status', '-o', 'json'],
      directory,
      stdout: { file, maxBytes: 64 * 1024 },
      timeoutMs: statusTimeoutMs,
    });
    // Exit status 1 stands for an invalid or missing database; the document tells which.
    const passing = (detail: string) => ({ status: { state: 'invalid' as const, detail }, isLasting: false });
    if (end.ended !== 'exited') return passing(`Grype ended: ${end.ended}`);
    const document = parseJson(StatusDocument, await readFile(file, 'utf8'));
    if (document === undefined) return passing(lastErrorLines(end.stderr));
    return { status: await statusOf(document), isLasting: true };
  });
}

async function statusOf(document: z.infer<typeof StatusDocument>): Promise<DatabaseStatus> {
  const built = Date.parse(document.built ?? '');
  if (!document.valid || Number.isNaN(built)) {
    // Grype names no path's build time only when there is no database at all.
    const detail = document.error ?? 'the database is not valid';
    return { state: document.schemaVersion === '' ? 'missing' : 'invalid', detail };
  }
  const folder = join(document.path, '..');
  const record = parseJson(ImportRecord, await readFile(join(folder, 'import.json'), 'utf8').catch(() => ''));
  return {
    state: 'ready',
    schemaVersion: document.schemaVersion,
    built,
    digest: record?.digest ?? `built:${new Date(built).toISOString()}`,
    from: document.from,
    sample: isSampleDatabase(document.path),
  };
}

/** True for a file made by `writeGrypeDatabase` with `sample: true`. */
export function isSampleDatabase(file: string): boolean {
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      return db.prepare('SELECT 1 FROM providers WHERE processor = ? LIMIT 1').get(sampleProcessor) !== undefined;
    } finally {
      db.close();
    }
  } catch {
    return false;
  }
}

function parseJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
