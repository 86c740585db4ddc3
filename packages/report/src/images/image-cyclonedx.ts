import { createHash } from 'node:crypto';
import type { ImageFinding } from '@kso/wire';
import {
  digestOf,
  distributionOf,
  type ImageReport,
  type ReportedPackage,
  severityOf,
  sortedFindings,
} from './image-report.ts';

/**
 * CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): the packages as components, and their vulnerabilities with what exceptions say of
 * them. The serial number is made from the content: the same image gives the same document.
 */
export function imageCyclonedx(report: ImageReport): string {
  const { matches, packages, target, version, scannedAt } = report;
  const digest = digestOf(report);
  const references = new Map<string, string>();
  const components = packages.map((item) => {
    const reference = referenceOf(item);
    references.set(keyOf(item), reference);
    return componentOf(item, reference);
  });
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf([target, matches.digest, matches.engines.sbom, matches.database.digest])}`,
    version: 1,
    metadata: {
      timestamp: new Date(scannedAt).toISOString(),
      tools: { components: [{ type: 'application', name: 'kso', version }] },
      component: {
        type: digest === undefined ? 'file' : 'container',
        'bom-ref': 'target',
        name: target,
        ...(digest === undefined ? {} : { version: digest }),
      },
    },
    components: [...distributionComponent(report), ...distinct(components)],
    vulnerabilities: vulnerabilitiesOf(report, references),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Readers match the packages of a distribution only if they know which one it is. */
function distributionComponent(report: ImageReport): object[] {
  const distribution = distributionOf(report);
  if (distribution === undefined) return [];
  const { id, version } = distribution;
  const properties = [
    { name: 'syft:distro:id', value: id },
    { name: 'syft:distro:versionID', value: version },
  ];
  return [{ type: 'operating-system', 'bom-ref': `distribution-${id}`, name: id, version, properties }];
}

function componentOf({ name, version, type, purl, licenses, paths }: ReportedPackage, reference: string) {
  return {
    type: 'library',
    'bom-ref': reference,
    name,
    version,
    ...(licenses.length === 0 ? {} : { licenses: licenses.map((license) => ({ license: { name: license } })) }),
    ...(purl === '' ? {} : { purl }),
    properties: [
      { name: 'kso:package:type', value: type },
      ...paths.map((path) => ({ name: 'kso:package:path', value: path })),
    ],
  };
}

/** One entry per vulnerability and verdict: what is accepted in one package may stand in another. */
function vulnerabilitiesOf(report: ImageReport, references: ReadonlyMap<string, string>): object[] {
  const groups = Map.groupBy(sortedFindings(report), (finding) => {
    const suppression = report.suppressed.get(finding);
    return `${finding.id}\0${finding.severity}\0${suppression?.id ?? ''}`;
  });
  return Array.from(groups.values(), (findings) => vulnerabilityOf(report, findings, references));
}

function vulnerabilityOf(
  { suppressed }: ImageReport,
  findings: readonly ImageFinding[],
  references: ReadonlyMap<string, string>,
): object {
  const [first] = findings as readonly [ImageFinding];
  const suppression = suppressed.get(first);
  const fixes = [...new Set(findings.flatMap(({ fix }) => fix.versions))];
  return {
    'bom-ref': `vulnerability-${uuidOf([first.id, first.severity, suppression?.id ?? ''])}`,
    id: first.id,
    ...(first.dataSource === '' ? {} : { source: { url: first.dataSource } }),
    ratings: [
      { severity: ratings[severityOf(first)] },
      ...first.cvss.map(({ version, vector }) => ({ method: methodOf(version), vector })),
    ],
    ...(first.description === '' ? {} : { description: first.description }),
    ...(fixes.length === 0 ? {} : { recommendation: `Upgrade to ${fixes.join(' or ')}` }),
    ...(suppression === undefined ? {} : { analysis: analysisOf(suppression) }),
    affects: [...new Set(findings.map(({ package: item }) => references.get(keyOf(item)) ?? referenceOf(item)))].map(
      (ref) => ({ ref }),
    ),
  };
}

const ratings = {
  Critical: 'critical',
  High: 'high',
  Medium: 'medium',
  Low: 'low',
  Negligible: 'info',
  Unknown: 'unknown',
} as const;

function methodOf(version: string): string {
  if (version.startsWith('4')) return 'CVSSv4';
  if (version.startsWith('3.1')) return 'CVSSv31';
  return version.startsWith('3') ? 'CVSSv3' : 'CVSSv2';
}

/** CycloneDX's own words for OpenVEX' justifications. */
const justifications: Readonly<Record<string, string>> = {
  component_not_present: 'code_not_present',
  vulnerable_code_not_present: 'code_not_present',
  vulnerable_code_not_in_execute_path: 'code_not_reachable',
  vulnerable_code_cannot_be_controlled_by_adversary: 'requires_environment',
  inline_mitigations_already_exist: 'protected_by_mitigating_control',
};

function analysisOf({
  id,
  reason,
  status,
  justification = '',
}: NonNullable<ReturnType<ImageReport['suppressed']['get']>>) {
  const word = Object.hasOwn(justifications, justification) ? justifications[justification] : undefined;
  return {
    state: status === 'fixed' ? 'resolved' : status === 'not_affected' ? 'not_affected' : 'exploitable',
    ...(word === undefined ? {} : { justification: word }),
    // A risk that is accepted stays exploitable: nobody says that it is not.
    ...(status === 'fixed' || status === 'not_affected' ? {} : { response: ['will_not_fix'] }),
    detail: `${id}${reason === '' ? '' : `: ${reason}`}`,
  };
}

type Named = Pick<ReportedPackage, 'name' | 'version' | 'type' | 'purl'>;

function keyOf({ name, version, type, purl }: Named): string {
  return [type, name, version, purl].join('\0');
}

function referenceOf(item: Named): string {
  return item.purl === '' ? `package-${uuidOf([keyOf(item)])}` : item.purl;
}

/** The same package in several places is one component with all its paths. */
function distinct<T extends { readonly 'bom-ref': string; readonly properties: readonly object[] }>(
  components: readonly T[],
): T[] {
  const byReference = new Map<string, T>();
  for (const component of components) {
    const known = byReference.get(component['bom-ref']);
    byReference.set(
      component['bom-ref'],
      known === undefined
        ? component
        : { ...known, properties: [...known.properties, ...component.properties.slice(1)] },
    );
  }
  return [...byReference.values()];
}

/** A UUID of version 8 that is made from texts. */
function uuidOf(parts: readonly string[]): string {
  const hex = createHash('sha256').update(parts.join('\0')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
