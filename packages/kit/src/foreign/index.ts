export { type Capabilities, readCapabilities } from './capabilities.ts';
export { type ClusterData, readClusterData } from './cluster-data.ts';
export { type Credentials, readCredentials } from './credentials.ts';
export { type OperatorConfig, readOperatorConfig } from './operator-config.ts';
export { type DiscoveredServices, readServices } from './services.ts';
