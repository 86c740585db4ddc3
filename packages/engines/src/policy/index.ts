export * from './accepted-in.ts';
export * from './coverage.ts';
export { createPolicyEngine } from './engine.ts';
export { isOwnedChild } from './owned-children.ts';
export type {
  AcceptedControls,
  ClusterFacts,
  EvaluatedResource,
  Evaluation,
  FailedKind,
  ForeignResource,
  ForeignResults,
  ObjectReference,
  PolicyChange,
  PolicyEngine,
  PolicyEngineOptions,
} from './port.ts';
export * from './posture-policy.ts';
export * from './priorities.ts';
export * from './summary.ts';
