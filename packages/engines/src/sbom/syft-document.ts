import { z } from 'zod';

/**
 * The part of a Syft document (schema 16) that results are made from. Everything else passes through to the matcher untouched.
 * The image decides what stands in it, so nothing is taken on trust.
 */
export const SyftDocument = z.object({
  artifacts: z.array(z.looseObject({ name: z.string(), version: z.string(), type: z.string() })),
  source: z.object({
    type: z.string(),
    metadata: z
      .looseObject({
        manifestDigest: z.string().optional(),
        imageSize: z.number().optional(),
        architecture: z.string().optional(),
        os: z.string().optional(),
        layers: z.array(z.object({ digest: z.string(), size: z.number().optional() })).optional(),
        /** The image configuration, base64. */
        config: z.string().optional(),
      })
      .optional()
      .catch(undefined),
  }),
  distro: z.looseObject({ id: z.string().optional(), versionID: z.string().optional() }).optional().catch(undefined),
  descriptor: z.looseObject({ name: z.string(), version: z.string() }),
});
export type SyftDocument = z.infer<typeof SyftDocument>;
