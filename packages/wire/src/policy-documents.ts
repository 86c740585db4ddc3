import { z } from 'zod';

/**
 * Policy documents in the forms of the existing product (scanner.md 13, 15, 18). Keys that are not named here are left alone: the
 * Rego side reads more of them.
 */

/** Where a framework or a control makes sense; an empty list means everywhere. */
const ScanningScope = z.object({ matches: z.array(z.string()).nullish() });

/** One control inside a framework, either complete or a reference with what the framework changes about it. */
export const FrameworkControlDocument = z.object({
  controlID: z.string().optional(),
  /** Older spelling of `controlID`. */
  id: z.string().optional(),
  name: z.string().optional(),
  patch: z.record(z.string(), z.unknown()).nullish(),
});
export type FrameworkControlDocument = z.infer<typeof FrameworkControlDocument>;

/** A framework: released (`controls`, `controlsIDs`) or as in the source repository (`activeControls`). */
export const FrameworkDocument = z.object({
  name: z.string().min(1),
  description: z.string().nullish(),
  version: z.string().nullish(),
  scanningScope: ScanningScope.nullish(),
  controls: z.array(FrameworkControlDocument).nullish(),
  controlsIDs: z.array(z.string()).nullish(),
  activeControls: z.array(FrameworkControlDocument).nullish(),
});
export type FrameworkDocument = z.infer<typeof FrameworkDocument>;

export interface AttackStepDocument {
  readonly name: string;
  readonly description?: string | undefined;
  readonly checksVulnerabilities?: boolean | undefined;
  readonly subSteps?: readonly AttackStepDocument[] | null | undefined;
}

const maxStepDepth = 20;

const attackStep = (depth: number): z.ZodType<AttackStepDocument> =>
  z.object({
    name: z.string().min(1),
    description: z.string().optional(),
    checksVulnerabilities: z.boolean().optional(),
    subSteps: depth === 0 ? z.array(z.never()).nullish() : z.array(z.lazy(() => attackStep(depth - 1))).nullish(),
  });

/** An attack track (scanner.md 18). Controls join it by their attribute `attackTracks`. */
export const AttackTrackDocument = z.object({
  kind: z.string().optional(),
  metadata: z.object({ name: z.string().min(1) }),
  spec: z.object({
    version: z.string().optional(),
    description: z.string().optional(),
    data: attackStep(maxStepDepth),
  }),
});
export type AttackTrackDocument = z.infer<typeof AttackTrackDocument>;
