export {
  createRegistryClient,
  type HostSwitches,
  type RegistryClient,
  type RegistryClientOptions,
  type ResolveRequest,
} from './client.ts';
export { type Authority, covers, parseAuthority } from './credentials/authority.ts';
export {
  credentialsFor,
  credentialsOfRequest,
  type Login,
  type RegistryCredential,
  readLogin,
} from './credentials/credential.ts';
export { type DockerConfig, parseDockerConfig } from './credentials/docker-config.ts';
export { type CredentialSealer, createCredentialSealer, readOrCreateKey } from './credentials/sealer.ts';
export { registryErrors } from './errors.ts';
export { findInLayouts, type LayoutImage, resolveInLayout, writeSingleImageView } from './layout/layout.ts';
export { formatPlatform, type Platform, parsePlatform, platformMatches } from './platform.ts';
export type { FailedResolution, Resolution, ResolvedImage } from './resolution.ts';
