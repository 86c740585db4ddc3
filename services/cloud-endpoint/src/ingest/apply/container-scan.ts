import type { DatabaseSync } from 'node:sqlite';
import { parseWlid } from '@kso/domain';
import { rows } from '@kso/store';
import type { ContainerScanReport } from '../formats/container-scan.ts';
import { notAfter } from '../formats/fields.ts';
import type { Clusters } from './clusters.ts';
import { createImageScores } from './image-score.ts';
import type { ImageRef, Images, WorkloadContainer } from './images.ts';
import { createParts } from './parts.ts';
import { createVulnerabilities } from './vulnerabilities.ts';

/**
 * Writes one chunk of a container scan. Each chunk names its image, so chunks may come in any order; when all are there, findings that
 * the scan did not repeat are fixed. Of two scans of an image the newer counts, whichever comes first.
 */
export function createContainerScanApplier(sql: DatabaseSync, clusters: Clusters, images: Images) {
  const vulnerabilities = createVulnerabilities(sql);
  const scores = createImageScores(sql);
  const parts = createParts(sql, { report: 'image_scan', part: 'image_scan_part', key: 'scan' });
  const upsertScan = sql.prepare(
    `INSERT INTO image_scan (cluster_id, scan_id, image, scanned_at, received_at, parts, is_complete) VALUES (?, ?, ?, ?, ?, 0, 0)
     ON CONFLICT (cluster_id, scan_id) DO UPDATE SET received_at = excluded.received_at
     RETURNING id, scanned_at`,
  );
  const describe = sql.prepare(
    `UPDATE image SET platform = coalesce(?, platform), size = coalesce(?, size),
       database_built = ?, database_label = ?, alert = ?, change = ? WHERE id = ? AND coalesce(scanned_at, 0) <= ?`,
  );
  const finish = sql.prepare('UPDATE image SET scanned_at = ? WHERE id = ? AND coalesce(scanned_at, 0) <= ?');

  return (account: string, report: ContainerScanReport, now: number) => {
    const attributes = report.designators?.attributes ?? {};
    const workload = workloadOf(report);
    const cluster = clusters.touch(account, attributes['cluster'] || workload?.cluster || '', now);
    const scannedAt = notAfter(now, report.timestamp === undefined ? undefined : report.timestamp * 1000);
    const image = images.touch(cluster.id, imageOf(report), scannedAt);
    const scan = upsertScan.get(cluster.id, report.containersScanID, image.id, scannedAt, now) ?? {};
    const at = rows.integer(scan, 'scanned_at');
    const state = parts.add(rows.integer(scan, 'id'), report.paginationInfo);

    if (workload !== undefined) images.run(cluster.id, workload, image, at);
    vulnerabilities.add(image, report.vulnerabilities, at);
    if (report.summary !== undefined) describeImage(image, report.summary, at);
    if (state.becameComplete) {
      finish.run(at, image.id, at);
      vulnerabilities.finish(cluster.id, image, at);
      scores.add(cluster.id, at);
    }
    const [jobId] = report.summary?.jobIDs ?? [];
    return { cluster, what: 'images' as const, ...(jobId === undefined ? {} : { jobId }) };
  };

  function describeImage(image: ImageRef, summary: NonNullable<ContainerScanReport['summary']>, at: number): void {
    const { imageManifest: manifest, vulnerabilityDatabase: source } = summary;
    const ofManifest = manifest?.os && manifest.architecture ? `${manifest.os}/${manifest.architecture}` : null;
    const data = [source?.built || null, source?.label || null, summary.distributionAlert || null, changeOf(summary)];
    describe.run(summary.platform || ofManifest, manifest?.size ?? null, ...data, image.id, at);
  }
}

function changeOf({ findingsChange: change }: NonNullable<ContainerScanReport['summary']>): string | null {
  return change === undefined ? null : JSON.stringify(change);
}

function imageOf(report: ContainerScanReport): { tag: string; hash: string } {
  const [first] = report.vulnerabilities;
  return {
    tag: report.summary?.imageTag || first?.imageTag || '',
    hash: report.summary?.imageHash || first?.imageHash || '',
  };
}

/** From the attributes; a report without them may still have a workload id. Scans of registries have neither. */
function workloadOf(report: ContainerScanReport): (WorkloadContainer & { cluster?: string }) | undefined {
  const attributes = report.designators?.attributes ?? {};
  const container = attributes['containerName'] || report.summary?.containerName || '';
  const { namespace = '', kind, name } = attributes;
  if (kind && name) return { namespace, kind, name, container };
  const wlid = parseWlid(report.summary?.wlid ?? report.vulnerabilities[0]?.wlid ?? '');
  return wlid === undefined ? undefined : { ...wlid, container };
}
