export { type DiscoveryOutcome, discoverServices, type EndpointServices } from './discovery.ts';
export { deliveryErrors } from './errors.ts';
export * from './port.ts';
export { createPoster, type PosterOptions } from './poster.ts';
export { splitInParts } from './split-in-parts.ts';
