export { OsvAdvisory } from './osv.ts';
export { readAdvisories } from './read-advisories.ts';
export { type GrypeDatabaseOptions, type GrypeDatabaseSummary, sampleProcessor, writeGrypeDatabase } from './writer.ts';
