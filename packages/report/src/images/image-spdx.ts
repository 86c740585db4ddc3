import { createHash } from 'node:crypto';
import { digestOf, type ImageReport, type ReportedPackage } from './image-report.ts';

/**
 * SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/): the packages of the image. Vulnerabilities have no place in it beyond references to
 * their advisories.
 */
export function imageSpdx(report: ImageReport): string {
  const { target, packages, matches, version, scannedAt } = report;
  const digest = digestOf(report);
  const advisories = Map.groupBy(
    matches.findings,
    ({ package: item }) => `${item.type}\0${item.name}\0${item.version}`,
  );
  const root = {
    SPDXID: 'SPDXRef-Target',
    name: target,
    ...(digest === undefined ? {} : { versionInfo: digest }),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    primaryPackagePurpose: digest === undefined ? 'FILE' : 'CONTAINER',
  };
  const items = packages.map((item, index) => ({
    ...packageOf(item, index),
    externalRefs: [
      ...(item.purl === '' ? [] : [reference('PACKAGE-MANAGER', 'purl', item.purl)]),
      ...advisoriesOf(advisories.get(`${item.type}\0${item.name}\0${item.version}`) ?? []),
    ],
  }));
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: target,
    documentNamespace: `https://spdx.org/spdxdocs/kso-${hash([target, matches.digest, matches.engines.sbom])}`,
    creationInfo: {
      created: new Date(scannedAt).toISOString().replace(/\.\d+Z$/, 'Z'),
      creators: [`Tool: kso-${version}`],
    },
    packages: [root, ...items],
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', root.SPDXID),
      ...items.map(({ SPDXID }) => relationship(root.SPDXID, 'CONTAINS', SPDXID)),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function packageOf({ name, version, licenses, paths }: ReportedPackage, index: number) {
  return {
    SPDXID: `SPDXRef-Package-${index + 1}`,
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    // What a package says of itself need not be an expression of SPDX.
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    ...(licenses.length === 0 ? {} : { licenseComments: licenses.join(', ') }),
    ...(paths.length === 0 ? {} : { sourceInfo: `found at ${paths.join(', ')}` }),
  };
}

function advisoriesOf(findings: ImageReport['matches']['findings']): object[] {
  const addresses = findings.map(({ dataSource }) => dataSource).filter((address) => URL.canParse(address));
  return [...new Set(addresses)].map((address) => reference('SECURITY', 'advisory', address));
}

function reference(referenceCategory: string, referenceType: string, referenceLocator: string): object {
  return { referenceCategory, referenceType, referenceLocator };
}

function relationship(spdxElementId: string, relationshipType: string, relatedSpdxElement: string): object {
  return { spdxElementId, relationshipType, relatedSpdxElement };
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}
