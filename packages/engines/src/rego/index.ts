export { loadCustomRules } from './artifacts/custom-rules.ts';
export type { LoadedArtifacts } from './artifacts/files.ts';
export { type LoadArtifactsOptions, loadArtifacts } from './artifacts/load.ts';
export { createRuleChecker } from './compile/check-rules.ts';
export { createRegoEngine, defaultRegoLimits } from './engine.ts';
export type {
  ControlInputLists,
  PolicyArtifacts,
  RegoControl,
  RegoEngine,
  RegoEngineOptions,
  RegoEvaluation,
  RegoLimits,
  RegoResource,
  RegoRule,
  RegoStatistics,
} from './port.ts';
