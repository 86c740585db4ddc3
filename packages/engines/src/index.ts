export * from './matching/index.ts';
export * from './policy/index.ts';
export * from './programs/index.ts';
export * from './rego/index.ts';
export * from './sbom/index.ts';
