// The engines' output formats alone: a worker thread that reads them need not load the engines.
export { GrypeDocument, GrypeMatch } from './matching/grype-document.ts';
export { SyftDocument } from './sbom/syft-document.ts';
