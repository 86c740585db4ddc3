import { z } from 'zod';

/** What has to be known of an SBOM without reading it again. */
export const SbomFacts = z.object({
  /** os-release `ID` of the image. */
  distribution: z.string().optional(),
});
export type SbomFacts = z.infer<typeof SbomFacts>;
