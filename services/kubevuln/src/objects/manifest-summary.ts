import type { ImageFinding } from '@kso/wire';
import { packageKey } from '../relevancy/relevant-packages.ts';
import { apiVersionOf } from '../report/workload.ts';
import { imageAnnotations, imageLabels, type KnownResult, objectNames, splitFindings } from './known-result.ts';
import { type SeverityName, severities, severityName } from './severities.ts';
import { objectsApiVersion, objectsNamespace } from './vulnerability-manifest.ts';

/** Counts of a container's image as a VulnerabilityManifestSummary (kubevuln.md 8.6), suppressed findings not among them. */
export function manifestSummary(result: KnownResult) {
  const { record, subject, relevant } = result;
  const names = objectNames(result);
  const namespace = subject.namespace === '' ? objectsNamespace : subject.namespace;
  const annotations = imageAnnotations(result);
  const { counted } = splitFindings(result);
  const used = counted.filter((finding) => relevant?.has(packageKey(finding.package)) === true);
  // Upstream names the workload's namespace here, although manifests are elsewhere; readers resolve the name alone.
  const reference = (name: string) => ({ namespace, name, kind: 'vulnerabilitymanifests' });
  return {
    apiVersion: objectsApiVersion,
    kind: 'VulnerabilityManifestSummary',
    metadata: {
      name: names.summary,
      namespace,
      annotations: {
        ...annotations,
        'kubescape.io/timestamp': String(Math.floor(record.scannedAt / 1000)),
        'kubescape.io/wlid': record.wlid,
        'kubescape.io/workload-container-name': record.containerName,
      },
      labels: {
        ...imageLabels(annotations),
        'kubescape.io/context': relevant === undefined ? 'non-filtered' : 'filtered',
        ...workloadLabels(result),
      },
    },
    spec: {
      severities: Object.fromEntries(
        severities.map((severity) => [
          severity,
          { all: countOf(counted, severity), relevant: countOf(used, severity) },
        ]),
      ),
      vulnerabilitiesRef: {
        all: reference(names.manifest),
        relevant: relevant === undefined ? {} : reference(names.filtered ?? names.manifest),
      },
    },
  };
}

function countOf(findings: readonly ImageFinding[], wanted: SeverityName): number {
  return findings.filter(({ severity }) => severityName(severity) === wanted).length;
}

/** Nothing for an image without a workload: labels have no empty values (B21). */
function workloadLabels({ subject }: KnownResult): Record<string, string> {
  if (subject.name === '') return {};
  const apiVersion = apiVersionOf(subject);
  const [version = '', group = ''] = (apiVersion ?? '').split('/').toReversed();
  const labels = {
    'kubescape.io/workload-api-group': group,
    'kubescape.io/workload-api-version': version,
    'kubescape.io/workload-kind': subject.kind.toLowerCase(),
    'kubescape.io/workload-name': subject.name,
    'kubescape.io/workload-namespace': subject.namespace,
    'kubescape.io/workload-container-name': subject.containerName,
  };
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}
