export { type CredentialFinderOptions, createCredentialFinder } from './finder.ts';
export { type OpenedCredentials, openCredentials } from './open.ts';
export type { CredentialFinder, CredentialRequest, FoundCredentials } from './port.ts';
