import { z } from 'zod';

const Location = z.looseObject({ path: z.string(), layerID: z.string().optional() });

const Vulnerability = z.looseObject({
  id: z.string().min(1),
  dataSource: z.string().default(''),
  namespace: z.string().default(''),
  severity: z.string().default('Unknown'),
  epss: z
    .array(z.looseObject({ epss: z.number(), percentile: z.number(), date: z.string().default('') }))
    .nullish()
    .catch(undefined),
  knownExploited: z
    .array(z.looseObject({ dateAdded: z.string().default(''), knownRansomwareCampaignUse: z.string().optional() }))
    .nullish()
    .catch(undefined),
  description: z.string().default(''),
  cvss: z
    .array(z.looseObject({ version: z.string().default(''), vector: z.string().default('') }))
    .nullish()
    .transform((list) => list ?? []),
  fix: z
    .object({ versions: z.array(z.string()).nullish(), state: z.string().default('unknown') })
    .nullish()
    .transform((fix) => ({ versions: fix?.versions ?? [], state: fix?.state ?? 'unknown' })),
});

export const GrypeMatch = z.object({
  vulnerability: Vulnerability,
  relatedVulnerabilities: z
    .array(z.looseObject({ id: z.string(), description: z.string().default('') }))
    .nullish()
    .transform((list) => list ?? []),
  matchDetails: z
    .array(
      z.looseObject({
        type: z.string().default(''),
        found: z.looseObject({ versionConstraint: z.string().optional() }).optional(),
      }),
    )
    .nullish()
    .transform((list) => list ?? []),
  artifact: z.looseObject({
    name: z.string(),
    version: z.string(),
    type: z.string(),
    purl: z.string().default(''),
    locations: z
      .array(Location)
      .nullish()
      .transform((list) => list ?? []),
  }),
});

export type GrypeMatch = z.infer<typeof GrypeMatch>;

/** The part of Grype's JSON output that results are made from (kubevuln.md A.4). */
export const GrypeDocument = z.object({
  matches: z.array(GrypeMatch).default([]),
  ignoredMatches: z.array(z.unknown()).nullish(),
  /** End-of-life and unknown distributions: a silent "nothing found" would be the most misleading result. */
  alertsByPackage: z.array(z.unknown()).nullish(),
});
export type GrypeDocument = z.infer<typeof GrypeDocument>;
