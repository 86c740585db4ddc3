import { notAfter } from '../formats/fields.ts';
import type { ScanFailure } from '../formats/scan-failure.ts';
import type { ClusterRef, Clusters } from './clusters.ts';
import type { ImageRef, Images } from './images.ts';

/** Notes that an image could not be scanned and why: shown as not evaluated, never as clean. */
export function createScanFailureApplier(clusters: Clusters, images: Images) {
  return (account: string, report: ScanFailure, now: number) => {
    const at = notAfter(now, report.timestamp);
    const jobId = report.jobID ? { jobId: report.jobID } : {};
    const touched = new Map<string, { cluster: ClusterRef; image: ImageRef }>();
    const noteIn = (clusterName: string) => {
      const cluster = clusters.touch(account, clusterName, now);
      const image = images.touch(cluster.id, { tag: report.imageTag, hash: report.imageHash ?? '' }, at);
      images.failed(image, {
        failureCase: report.failureCase,
        reason: report.failureReason || 'unknown',
        error: report.error,
        at,
      });
      touched.set(clusterName, { cluster, image });
      return { cluster, image };
    };

    for (const workload of report.workloads) {
      const name = workload.clusterName ?? '';
      const { cluster, image } = touched.get(name) ?? noteIn(name);
      const { namespace = '', workloadKind = '', workloadName = '', containerName = '' } = workload;
      if (workloadName === '') continue;
      images.run(
        cluster.id,
        { namespace, kind: workloadKind, name: workloadName, container: containerName },
        image,
        at,
      );
    }
    const [first] = touched.values();
    // Of a registry scan no cluster is known; the failure is still kept, under the registry's name.
    const { cluster } = first ?? noteIn(report.registryName ?? '');
    return { cluster, what: 'images' as const, ...jobId };
  };
}
