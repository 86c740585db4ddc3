import { z } from 'zod';
import { id, list, nullable, optionalId, optionalInteger, optionalNumber, pagination, prose } from './fields.ts';

const Vulnerability = z.object({
  name: id,
  packageName: id,
  packageVersion: optionalId,
  packageType: optionalId,
  severity: optionalId,
  description: prose,
  link: optionalId,
  imageHash: optionalId,
  imageTag: optionalId,
  wlid: optionalId,
  fixedIn: list(z.object({ name: optionalId, version: optionalId })),
  exceptionApplied: list(z.unknown()),
});
export type ScannedVulnerability = z.output<typeof Vulnerability>;

const ImageManifest = z.object({ architecture: optionalId, os: optionalId, size: optionalInteger });

/** Ours, in `@kso/wire` too: which database the findings come from. `label` is set for one that is not real, such as the sample. */
const VulnerabilityDatabase = z.object({ built: optionalId, label: optionalId });

const ChangedFindings = z.object({
  total: z.number().int().min(0),
  first: list(z.object({ id, package: optionalId, version: optionalId })),
});

/** Ours: what is new and what is gone since the answer of an older database, at most a hundred of each by name. */
const FindingsChange = z.object({
  since: nullable(z.object({ databaseBuilt: optionalId })),
  appeared: ChangedFindings,
  disappeared: ChangedFindings,
});
export type FindingsChange = z.output<typeof FindingsChange>;

const Summary = z.object({
  imageHash: optionalId,
  imageTag: optionalId,
  wlid: optionalId,
  containerName: optionalId,
  jobIDs: list(z.string().max(2048)),
  imageManifest: nullable(ImageManifest),
  vulnerabilityDatabase: nullable(VulnerabilityDatabase),
  platform: optionalId,
  distributionAlert: prose,
  findingsChange: nullable(FindingsChange),
});

/** Container scan report, "v2" (kubevuln.md 10.2), as far as it is kept. */
export const ContainerScanReport = z
  .object({
    containersScanID: id,
    timestamp: optionalNumber,
    designators: nullable(z.object({ attributes: nullable(z.record(z.string(), z.coerce.string().max(2048))) })),
    summary: nullable(Summary),
    vulnerabilities: list(Vulnerability),
    paginationInfo: pagination,
  })
  .refine(
    ({ summary, vulnerabilities: [first] }) =>
      [summary?.imageTag, summary?.imageHash, first?.imageTag, first?.imageHash].some(Boolean),
    {
      path: ['summary', 'imageTag'],
      message: 'the report names no image',
    },
  );
export type ContainerScanReport = z.output<typeof ContainerScanReport>;

/** Upstream numbers chunks in an order of its own, so the content belongs to the identity. */
export function containerScanIdentity(report: ContainerScanReport, bodyHash: string): string {
  return `containerScan/${report.containersScanID}/${report.paginationInfo.number}/${bodyHash}`;
}
