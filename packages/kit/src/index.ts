export * from './clock.ts';
export { type EffectiveSetting } from './config/effective.ts';
export { byteSize, cronExpression, duration, hostPort, httpUrl, port, secret, timerDuration } from './config/fields.ts';
export {
  type ConfigDefinition,
  ConfigError,
  type ConfigOptions,
  defineConfig,
  type LoadedConfig,
  type LoadOptions,
  loadConfig,
} from './config/load.ts';
export { coerce, isSecret, type Leaf, leavesOf, unknownKeys } from './config/schema-tree.ts';
export { nearest } from './config/suggest.ts';
export { type HostPort, parseBoolean, parseByteSize, parseDuration, parseHostPort } from './config/units.ts';
export * from './database.ts';
export { kitErrors } from './error-table.ts';
export * from './errors.ts';
export { readJsonFile, readTextFile } from './files.ts';
export * from './foreign/index.ts';
export { createInterner, type Interner } from './interner.ts';
export * from './http/api-document.ts';
export * from './http/authentication.ts';
export * from './http/health.ts';
export {
  isForeignName,
  isFromOtherSite,
  isLocalName,
  isLoopbackHost,
  refuseOtherSites,
  type SiteRequest,
} from './http/other-sites.ts';
export { type Problem, sendProblem } from './http/problem.ts';
export * from './http/server.ts';
export * from './http/token-access.ts';
export * from './logger.ts';
export * from './metrics.ts';
export * from './net/index.ts';
export * from './ports.ts';
export { registerProcessMetrics } from './process-metrics.ts';
export { redactHeaders, redactText } from './redact.ts';
export * from './retry.ts';
export * from './rotating-token.ts';
export * from './run-main.ts';
export { redacted, Secret } from './secret.ts';
export * from './service.ts';
export * from './traceparent.ts';
export * from './tracing.ts';
export { startTracing, type TracingOptions } from './tracing-start.ts';
