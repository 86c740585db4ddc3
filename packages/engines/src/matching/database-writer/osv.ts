import { z } from 'zod';

const Event = z.object({
  introduced: z.string().optional(),
  fixed: z.string().optional(),
  last_affected: z.string().optional(),
});

const Range = z.object({ type: z.string(), events: z.array(Event).max(1000) });

const Affected = z.object({
  package: z.object({ ecosystem: z.string().min(1), name: z.string().min(1).max(1024) }),
  ranges: z.array(Range).max(1000).default([]),
});

/**
 * The part of an OSV record (https://ossf.github.io/osv-schema/) that a Grype database holds. Ranges of type `ECOSYSTEM` and
 * `SEMVER` count; `GIT` ranges and bare version lists do not.
 */
export const OsvAdvisory = z.object({
  id: z.string().min(1).max(256),
  aliases: z.array(z.string()).default([]),
  summary: z.string().default(''),
  details: z.string().default(''),
  published: z.iso.datetime({ offset: true }).optional(),
  modified: z.iso.datetime({ offset: true }).optional(),
  withdrawn: z.iso.datetime({ offset: true }).optional(),
  severity: z.array(z.object({ type: z.string(), score: z.string() })).default([]),
  references: z.array(z.object({ type: z.string().optional(), url: z.string() })).default([]),
  affected: z.array(Affected).default([]),
  database_specific: z.looseObject({ severity: z.string().optional() }).optional(),
});
export type OsvAdvisory = z.infer<typeof OsvAdvisory>;
export type OsvAffected = z.infer<typeof Affected>;
