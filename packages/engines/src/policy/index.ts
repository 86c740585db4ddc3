export * from './coverage.ts';
export { createPolicyEngine } from './engine.ts';
export { isOwnedChild } from './owned-children.ts';
export type {
  EvaluatedResource,
  Evaluation,
  FailedKind,
  ObjectReference,
  PolicyEngine,
  PolicyEngineOptions,
} from './port.ts';
export * from './summary.ts';
