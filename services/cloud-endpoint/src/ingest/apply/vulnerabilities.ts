import type { DatabaseSync } from 'node:sqlite';
import { rows } from '@kso/store';
import { fieldOfRank, noFindings, rankOf, weightOf } from '../../severity.ts';
import type { ScannedVulnerability } from '../formats/container-scan.ts';
import type { ImageRef } from './images.ts';

/** Findings of images, with when they were first seen, and their advisories' texts. */
export function createVulnerabilities(sql: DatabaseSync) {
  const advisory = sql.prepare(
    `INSERT INTO advisory (name, description, link) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET description = excluded.description, link = excluded.link
     WHERE excluded.description <> '' AND (excluded.description <> description OR excluded.link <> link)`,
  );
  const upsert = sql.prepare(
    `INSERT INTO vulnerability
     (image, name, package, version, package_type, severity, fix_state, fixed_in, is_accepted, scanned_at, first_seen)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)
     ON CONFLICT (image, name, package, version) DO UPDATE SET
       package_type = excluded.package_type, severity = excluded.severity, fix_state = excluded.fix_state,
       fixed_in = excluded.fixed_in, is_accepted = excluded.is_accepted, scanned_at = excluded.scanned_at,
       first_seen = min(first_seen, excluded.first_seen)
     WHERE excluded.scanned_at >= scanned_at`,
  );
  const isOutdated = sql.prepare('SELECT 1 FROM image WHERE id = ? AND coalesce(scanned_at, 0) > ?');
  const noteFixed = sql.prepare(
    `INSERT INTO vulnerability_change (cluster_id, image_key, name, package, version, severity, became, at)
     SELECT ?, ?, name, package, version, severity, 'gone', ? FROM vulnerability WHERE image = ? AND scanned_at < ?`,
  );
  const dropFixed = sql.prepare('DELETE FROM vulnerability WHERE image = ? AND scanned_at < ?');
  const count = sql.prepare(
    `SELECT severity, count(*) AS n, total(fix_state = 'fixed') AS fixable FROM vulnerability
     WHERE image = ? AND is_accepted = 0 GROUP BY severity`,
  );
  const setCounts = sql.prepare(
    `UPDATE image SET critical = ?, high = ?, medium = ?, low = ?, negligible = ?, unknown = ?, fixable = ?, weight = ? WHERE id = ?`,
  );

  const recount = (image: ImageRef): void => {
    const counts = noFindings();
    let fixable = 0;
    for (const row of count.all(image.id)) {
      counts[fieldOfRank(rows.integer(row, 'severity'))] += rows.integer(row, 'n');
      fixable += rows.integer(row, 'fixable');
    }
    const { critical, high, medium, low, negligible, unknown } = counts;
    setCounts.run(critical, high, medium, low, negligible, unknown, fixable, weightOf(counts), image.id);
  };

  return {
    add(image: ImageRef, found: readonly ScannedVulnerability[], at: number): void {
      if (found.length === 0 || isOutdated.get(image.id, at) !== undefined) return;
      for (const each of found) {
        const fix = fixOf(each);
        const accepted = each.exceptionApplied.length > 0 ? 1 : 0;
        advisory.run(each.name, each.description ?? '', webLink(each.link));
        upsert.run(
          image.id,
          each.name,
          each.packageName,
          each.packageVersion ?? '',
          each.packageType ?? '',
          rankOf(each.severity),
          fix.state,
          fix.version,
          accepted,
          at,
        );
      }
      recount(image);
    },
    /** All of a scan is here: what it did not repeat is gone. */
    finish(clusterId: number, image: ImageRef, at: number): void {
      noteFixed.run(clusterId, image.key, at, image.id, at);
      dropFixed.run(image.id, at);
      recount(image);
    },
  };
}

/** `fixedIn` holds one entry: the fix state and the suggested version (kubevuln.md 10.5). */
function fixOf(each: ScannedVulnerability): { state: string; version: string } {
  const [fix] = each.fixedIn;
  const state = fix?.name ?? '';
  const version = fix?.version ?? '';
  return { state: state === '' && version !== '' ? 'fixed' : state, version: version === 'unknown' ? '' : version };
}

/** Only web addresses become links on the page. */
function webLink(link: string | undefined): string {
  return link !== undefined && /^https?:\/\//i.test(link) ? link : '';
}
