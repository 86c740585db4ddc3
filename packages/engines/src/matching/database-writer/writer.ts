import { rm } from 'node:fs/promises';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { packageBlob, vulnerabilityBlob } from './blobs.ts';
import { type Distribution, type EcosystemMapping, mapEcosystem } from './ecosystems.ts';
import { OsvAdvisory, type OsvAffected } from './osv.ts';
import { rangeBlobs } from './ranges.ts';
import { createTables, distributionAliases, rollingDistributions, schemaVersion, sqlDate } from './schema.ts';

export interface GrypeDatabaseOptions {
  /** The `.db` file to make; an existing one is replaced. */
  readonly file: string;
  /** OSV records; what does not parse or maps to nothing is left out and told in the result. */
  readonly advisories: Iterable<unknown> | AsyncIterable<unknown>;
  /** Build time that Grype shows and compares. */
  readonly built: Date;
  /**
   * Marks a database that holds a sample and not the world's advisories: readers recognise it by `isSampleDatabase` and label results.
   */
  readonly sample?: boolean;
}

export interface GrypeDatabaseSummary {
  readonly advisories: number;
  readonly packages: number;
  /** Advisories that are not in the database, with the reason; withdrawn ones are among them. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

/** Stands in `providers.processor` of a sample database. */
export const sampleProcessor = 'kso-sample';

/**
 * Writes a database of Grype's schema v6 from OSV advisories. `grype db import FILE` takes the file as it is, validates it and adds
 * the indexes.
 */
export async function writeGrypeDatabase(options: GrypeDatabaseOptions): Promise<GrypeDatabaseSummary> {
  await rm(options.file, { force: true });
  const db = new DatabaseSync(options.file);
  try {
    // The file is scratch until it is imported: a crash leaves nothing worth keeping, so no journal and no fsync.
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;');
    db.exec(createTables);
    db.exec('BEGIN');
    const rows = new Rows(db, options.built, options.sample === true ? sampleProcessor : 'kso');
    rows.writeFixedRows();
    const skipped: { id: string; reason: string }[] = [];
    let written = 0;
    for await (const record of options.advisories) {
      const reason = writeAdvisory(rows, record);
      if (reason === undefined) written += 1;
      else skipped.push({ id: idOf(record), reason });
    }
    db.exec('COMMIT');
    return { advisories: written, packages: rows.packageCount, skipped };
  } finally {
    db.close();
  }
}

function writeAdvisory(rows: Rows, record: unknown): string | undefined {
  const parsed = OsvAdvisory.safeParse(record);
  if (!parsed.success) return `not an OSV record: ${parsed.error.issues[0]?.message ?? 'invalid'}`;
  const advisory = parsed.data;
  if (advisory.withdrawn !== undefined) return 'withdrawn';
  const targets = advisory.affected.flatMap((affected) => targetOf(affected));
  if (targets.length === 0) return 'no affected package of a known ecosystem with a version range';
  // One handle per provider: Grype takes a finding's namespace from the handle's provider.
  for (const [provider, group] of Map.groupBy(targets, ({ mapping }) => mapping.provider)) {
    const handle = rows.vulnerability(advisory, provider);
    for (const { mapping, affected } of group) {
      rows.affectedPackage(handle, mapping, packageBlob(advisory, rangeBlobs(affected.ranges, mapping.versionType)));
    }
  }
  return undefined;
}

function targetOf(affected: OsvAffected): { mapping: EcosystemMapping; affected: OsvAffected }[] {
  const mapping = mapEcosystem(affected.package.ecosystem, affected.package.name);
  if (mapping === undefined || rangeBlobs(affected.ranges, mapping.versionType).length === 0) return [];
  return [{ mapping, affected }];
}

function idOf(record: unknown): string {
  const id = typeof record === 'object' && record !== null && 'id' in record ? record.id : undefined;
  return typeof id === 'string' ? id.slice(0, 256) : 'unknown';
}

/** The tables with their unique sets, which Grype compares without case at import. */
class Rows {
  readonly #db: DatabaseSync;
  readonly #built: string;
  readonly #processor: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #packages = new Map<string, number>();
  readonly #distributions = new Map<string, number>();
  readonly #providers = new Set<string>();

  constructor(db: DatabaseSync, built: Date, processor: string) {
    this.#db = db;
    this.#built = sqlDate(built);
    this.#processor = processor;
  }

  get packageCount(): number {
    return this.#packages.size;
  }

  writeFixedRows(): void {
    const { model, revision, addition } = schemaVersion;
    this.#insert('db_metadata', { build_timestamp: this.#built, model, revision, addition });
    for (const [alias, replacement] of Object.entries(distributionAliases)) this.#override(alias, replacement, 0);
    for (const alias of rollingDistributions) this.#override(alias, null, 1);
  }

  vulnerability(advisory: OsvAdvisory, provider: string): number {
    this.#provider(provider);
    const published = sqlDate(new Date(advisory.published ?? this.#built));
    const modified = sqlDate(new Date(advisory.modified ?? advisory.published ?? this.#built));
    for (const alias of advisory.aliases) {
      this.#insert('vulnerability_aliases', { name: advisory.id, alias }, 'OR IGNORE');
    }
    return this.#insert('vulnerability_handles', {
      name: advisory.id,
      status: 'active',
      published_date: published,
      modified_date: modified,
      provider_id: provider,
      blob_id: this.#blob(vulnerabilityBlob(advisory)),
    });
  }

  affectedPackage(vulnerability: number, mapping: EcosystemMapping, blob: object): void {
    this.#insert('affected_package_handles', {
      vulnerability_id: vulnerability,
      operating_system_id: mapping.distribution === undefined ? null : this.#distribution(mapping.distribution),
      package_id: this.#package(mapping),
      blob_id: this.#blob(blob),
    });
  }

  #provider(id: string): void {
    if (this.#providers.has(id)) return;
    this.#providers.add(id);
    const row = { id, version: '1', processor: this.#processor, date_captured: this.#built, input_digest: '' };
    this.#insert('providers', row);
  }

  #package({ ecosystem, packageName }: EcosystemMapping): number {
    const key = `${ecosystem}\0${packageName.toLowerCase()}`;
    return getOrInsert(this.#packages, key, () => this.#insert('packages', { ecosystem, name: packageName }));
  }

  #distribution({ name, releaseId, major, minor, codename }: Distribution): number {
    return getOrInsert(this.#distributions, [name, releaseId, major, minor].join('\0'), () =>
      this.#insert('operating_systems', {
        name,
        release_id: releaseId,
        major_version: major,
        minor_version: minor,
        label_version: '',
        codename,
        channel: '',
      }),
    );
  }

  #override(alias: string, replacement: string | null, rolling: 0 | 1): void {
    this.#insert('operating_system_specifier_overrides', { alias, replacement, rolling });
  }

  #blob(value: object): number {
    return this.#insert('blobs', { value: JSON.stringify(value) });
  }

  #insert(table: string, row: Readonly<Record<string, SQLInputValue>>, conflict = ''): number {
    let statement = this.#statements.get(table);
    if (statement === undefined) {
      const columns = Object.keys(row);
      const places = columns.map(() => '?').join(', ');
      statement = this.#db.prepare(`INSERT ${conflict} INTO ${table} (${columns.join(', ')}) VALUES (${places})`);
      this.#statements.set(table, statement);
    }
    return Number(statement.run(...Object.values(row)).lastInsertRowid);
  }
}

function getOrInsert(map: Map<string, number>, key: string, insert: () => number): number {
  const known = map.get(key);
  if (known !== undefined) return known;
  const id = insert();
  map.set(key, id);
  return id;
}
