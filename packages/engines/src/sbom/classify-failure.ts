import type { SbomOutcome } from './port.ts';

type FailureOutcome = Extract<SbomOutcome, { detail: string }>['outcome'];

/**
 * Syft tells why it failed by text only. The caller has settled login, manifest, platform and size with the registry before, so this is
 * the second line: what changed between that answer and Syft's own. Order as kubevuln.md 12.1.
 */
const patterns: readonly (readonly [RegExp, FailureOutcome])[] = [
  [/TOOMANYREQUESTS|429 Too Many Requests|status code:? 429/i, 'rateLimited'],
  [/401 Unauthorized|403 Forbidden|UNAUTHORIZED:|DENIED:/, 'unauthorized'],
  [/mismatched platform|no child with platform/i, 'platformNotSupported'],
  [/MANIFEST_UNKNOWN|NAME_UNKNOWN|404 Not Found/, 'manifestUnknown'],
  [/MANIFEST_SCHEMA_UNSUPPORTED|unsupported schema manifest|unsupported MediaType/i, 'schemaNotSupported'],
];

export function classifySyftFailure(stderr: string): FailureOutcome {
  return patterns.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'failed';
}
