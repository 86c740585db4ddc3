/**
 * Tables of a Grype database, schema v6 (model 6, revision 1, addition 10). Indexes and the tables of enrichments that are not
 * written here are made by `grype db import`.
 */
export const schemaVersion = { model: 6, revision: 1, addition: 10 } as const;

export const createTables = `
CREATE TABLE db_metadata (build_timestamp datetime NOT NULL, model integer NOT NULL, revision integer NOT NULL, addition integer NOT NULL);
CREATE TABLE providers (id text PRIMARY KEY, version text, processor text, date_captured datetime, input_digest text);
CREATE TABLE blobs (id integer PRIMARY KEY AUTOINCREMENT, value text NOT NULL);
CREATE TABLE vulnerability_handles (id integer PRIMARY KEY AUTOINCREMENT, name text NOT NULL, status text NOT NULL,
  published_date datetime, modified_date datetime, withdrawn_date datetime, provider_id text NOT NULL, blob_id integer UNIQUE);
CREATE TABLE vulnerability_aliases (name text, alias text NOT NULL, PRIMARY KEY (name, alias));
CREATE TABLE operating_systems (id integer PRIMARY KEY AUTOINCREMENT, name text, release_id text, major_version text,
  minor_version text, label_version text, codename text, channel text, eol_date datetime, eoas_date datetime);
CREATE TABLE packages (id integer PRIMARY KEY AUTOINCREMENT, ecosystem text, name text);
CREATE TABLE affected_package_handles (id integer PRIMARY KEY AUTOINCREMENT, vulnerability_id integer NOT NULL,
  operating_system_id integer, package_id integer, blob_id integer);
CREATE TABLE operating_system_specifier_overrides (alias text, version text, version_pattern text, codename text, channel text,
  replacement text, replacement_major_version text, replacement_minor_version text, replacement_label_version text,
  replacement_channel text, rolling numeric, applicable_client_db_schemas text);
`;

/** Distribution ids that use the feed of another one: os-release `ID` → `operating_systems.release_id`. */
export const distributionAliases: Readonly<Record<string, string>> = {
  centos: 'rhel',
  rocky: 'rhel',
  rockylinux: 'rhel',
  alma: 'rhel',
  almalinux: 'rhel',
  scientific: 'rhel',
  sl: 'rhel',
  raspbian: 'debian',
  oracle: 'ol',
  oraclelinux: 'ol',
  amazon: 'amzn',
  amazonlinux: 'amzn',
  arch: 'archlinux',
};

/** Distributions without releases: one feed whatever the version says. */
export const rollingDistributions: readonly string[] = ['wolfi', 'chainguard', 'minimos', 'echo', 'archlinux', 'arch'];

/** `2026-06-01 00:00:00+00:00`, as Grype reads and writes dates. */
export function sqlDate(date: Date): string {
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '+00:00');
}
