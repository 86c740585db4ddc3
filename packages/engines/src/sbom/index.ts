export { createFakeSbomEngine, type FakeSbom, type FakeSbomEngine, type FakeSbomOptions } from './fake.ts';
export type { EngineCredential, SbomEngine, SbomOutcome, SbomRequest, SbomSource, ScanOrigin } from './port.ts';
export { createSyft, type SyftOptions } from './syft.ts';
export { SyftDocument } from './syft-document.ts';
