import { z } from 'zod';

/** A file where a package was found, as Syft writes it. */
const Location = z.object({
  path: z.string(),
  layerID: z.string().optional(),
  fullPath: z.string().optional(),
  accessPath: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type SbomLocation = z.infer<typeof Location>;

const Artifact = z.object({
  id: z.string().min(1),
  name: z.string(),
  version: z.string(),
  type: z.string(),
  language: z.string().default(''),
  purl: z.string().default(''),
  locations: z.array(Location).nullish(),
  licenses: z.array(z.looseObject({})).nullish(),
  cpes: z.array(z.json()).nullish(),
  metadataType: z.string().optional(),
  metadata: z.looseObject({}).optional().catch(undefined),
});
export type SbomArtifact = z.infer<typeof Artifact>;

/**
 * The part of a Syft document (schema 16) that Grype's matching reads. Fields of `distro` that only describe are not among them
 * (`distro.NewFromRelease` of Grype): Ubuntu 22.04.3 and 22.04.4 are one distribution.
 */
export const SharableSbom = z.object({
  artifacts: z.array(Artifact),
  artifactRelationships: z
    .array(z.object({ parent: z.string(), child: z.string(), type: z.string() }))
    .nullish()
    .transform((list) => list ?? []),
  distro: z
    .object({
      name: z.string().optional(),
      id: z.string().optional(),
      idLike: z.union([z.string(), z.array(z.string())]).optional(),
      version: z.string().optional(),
      versionID: z.string().optional(),
      versionCodename: z.string().optional(),
      supportEnd: z.string().optional(),
      extendedSupport: z.boolean().optional(),
    })
    .default({}),
  schema: z.object({ version: z.string(), url: z.string().default('') }),
});
export type SharableSbom = z.infer<typeof SharableSbom>;
