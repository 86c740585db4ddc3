export {
  type ComponentResult,
  type ComponentResults,
  createComponentResults,
  type GrypeMatchObject,
} from './component-results.ts';
export { grypeDocument, grypeMatch, handBack, type ImageMatch, type ImageResult } from './hand-back.ts';
export { createMatchPlan, type MatchPlan, type MatchPlanOptions, type MatchRun } from './match-plan.ts';
export type { OwnPart, SharedArtifact } from './project-artifact.ts';
export {
  type MatchGroup,
  type ProjectedComponent,
  projectionVersion,
  projectSbom,
  type SbomProjection,
} from './project-sbom.ts';
