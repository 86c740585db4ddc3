export {
  type CataloguesOptions,
  createRegistryCatalogues,
  type RegistryCatalogues,
} from './catalogue/catalogues.ts';
export * from './catalogue/port.ts';
export { providerOf, type RegistryProvider, registryProviders } from './catalogue/provider.ts';
export { isObjectProvider, type ReadRegistryObject, readRegistryObject } from './catalogue/registry-object.ts';
export { type ReadTarget, readTarget } from './catalogue/target.ts';
export {
  createRegistryClient,
  type HostSwitches,
  type LoginAttempt,
  type RegistryClient,
  type RegistryClientOptions,
  type ResolveRequest,
} from './client.ts';
export {
  type CloudIdentity,
  type CloudLogin,
  type CloudLogins,
  type CloudLoginsOptions,
  createCloudLogins,
} from './cloud/cloud-logins.ts';
export type { CloudEndpoints } from './cloud/endpoints.ts';
export { cloudOfRegistry } from './cloud/registry-host.ts';
export { type Authority, covers, parseAuthority } from './credentials/authority.ts';
export {
  credentialsFor,
  credentialsOfRequest,
  type Login,
  type RegistryCredential,
  readLogin,
} from './credentials/credential.ts';
export type { CredentialOrigin } from './credentials/credential-origin.ts';
export { type DockerConfig, parseDockerConfig } from './credentials/docker-config.ts';
export { type ConfiguredRegistry, configuredFor, parseRegistriesAuth } from './credentials/registries-auth.ts';
export { type CredentialSealer, createCredentialSealer, readOrCreateKey } from './credentials/sealer.ts';
export { registryErrors } from './errors.ts';
export {
  findInLayouts,
  type LayoutImage,
  resolveInLayout,
  soleInLayout,
  writeSingleImageView,
} from './layout/layout.ts';
export { formatPlatform, type Platform, parsePlatform, platformMatches } from './platform.ts';
export type { FailedResolution, Resolution, ResolvedImage } from './resolution.ts';
