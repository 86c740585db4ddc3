export {
  type GrypeDatabaseOptions,
  type GrypeDatabaseSummary,
  OsvAdvisory,
  readAdvisories,
  writeGrypeDatabase,
} from './database-writer/index.ts';
export {
  createFakeMatcher,
  type FakeMatcherOptions,
  type FakeMatches,
  type FakeVulnerabilityMatcher,
  fakeDatabase,
} from './fake.ts';
export { createGrype, type GrypeMatcherOptions } from './grype.ts';
export { isSampleDatabase } from './grype-database.ts';
export { GrypeDocument, GrypeMatch } from './grype-document.ts';
export type { GrypeOptions } from './grype-process.ts';
export { defaultTrustedVendors } from './matching-mode.ts';
export type {
  DatabaseChange,
  DatabaseStatus,
  MatchingMode,
  MatchOutcome,
  MatchRequest,
  ReadyDatabase,
  VulnerabilityDatabase,
  VulnerabilityMatcher,
} from './port.ts';
export { importSampleDatabase, type SampleDatabaseOptions } from './sample-database.ts';
