import { createHash } from 'node:crypto';
import type { Severity } from '@kso/domain';
import type { ImageFinding } from '@kso/wire';
import { type ImageReport, scoreOf, severityOf, sortedFindings } from './image-report.ts';

/**
 * SARIF 2.1.0: a rule for each vulnerability, a result for each package that has it, at the file in the image by which the package is
 * known. Suppressed findings are results with a suppression. A fingerprint stays the same when a layer moves.
 */
export function imageSarif(report: ImageReport): string {
  const findings = sortedFindings(report);
  const rules = [...new Map(findings.map((finding) => [finding.id, ruleOf(finding)])).values()];
  const indices = new Map(rules.map(({ id }, index) => [id, index]));
  const document = {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { name: 'kso', version: report.version, rules } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: true,
            endTimeUtc: new Date(report.scannedAt).toISOString(),
            toolExecutionNotifications: report.matches.alerts.map((alert) => ({
              level: 'warning',
              message: { text: alert },
            })),
          },
        ],
        results: findings.map((finding) => resultOf(report, finding, indices.get(finding.id) ?? 0)),
      },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function ruleOf(finding: ImageFinding) {
  const { id, description, dataSource } = finding;
  const severity = severityOf(finding);
  const address = URL.parse(dataSource);
  const text = description || id;
  return {
    id,
    shortDescription: { text: id },
    fullDescription: { text },
    help: { text },
    ...(address === null ? {} : { helpUri: address.href }),
    defaultConfiguration: { level: levelOf(severity) },
    properties: {
      'security-severity': scoreOf(severity).toFixed(1),
      precision: 'very-high',
      tags: ['security', 'vulnerability', severity.toLowerCase()],
    },
  };
}

function resultOf({ target, suppressed }: ImageReport, finding: ImageFinding, ruleIndex: number) {
  const { id, fix, package: item, locations } = finding;
  const [place] = locations;
  const path = place?.path.replace(/^\/+/, '') ?? '';
  const fixed = fix.versions.length === 0 ? 'no fix is known' : `fixed in ${fix.versions.join(', ')}`;
  const suppression = suppressed.get(finding);
  return {
    ruleId: id,
    ruleIndex,
    level: levelOf(severityOf(finding)),
    message: { text: `${id} in ${item.name} ${item.version} (${item.type}) of ${target}: ${fixed}.` },
    locations: [
      {
        // Readers that show files need one; a package without a file is shown at the image.
        physicalLocation: {
          artifactLocation: { uri: (path || target).split('/').map(encodeURIComponent).join('/') },
          region: { startLine: 1 },
        },
        logicalLocations: [
          { name: `${item.name}@${item.version}`, fullyQualifiedName: item.purl || item.name, kind: 'package' },
        ],
        ...(place === undefined || place.layer === '' ? {} : { message: { text: `layer ${place.layer}` } }),
      },
    ],
    partialFingerprints: {
      'vulnerabilityAndPackage/v1': fingerprint([id, item.type, item.name, item.version, path]),
    },
    ...(suppression === undefined
      ? {}
      : { suppressions: [{ kind: 'external', justification: `${suppression.id}: ${suppression.reason}` }] }),
  };
}

function levelOf(severity: Severity): 'error' | 'warning' | 'note' {
  if (severity === 'Critical' || severity === 'High') return 'error';
  return severity === 'Medium' ? 'warning' : 'note';
}

function fingerprint(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}
