import { cloudOfRegistry } from '../cloud/registry-host.ts';

/** Kinds of registries that list in ways of their own; `distribution` is the protocol alone. */
export const registryProviders = [
  'distribution',
  'dockerHub',
  'quay',
  'harbor',
  'gitlab',
  'github',
  'ecr',
  'acr',
  'gar',
  'nexus',
] as const;
export type RegistryProvider = (typeof registryProviders)[number];

/**
 * The words of registry commands (`kind`, `registryProvider`). Docker Hub and GitHub are listed by an API at another host: a word alone
 * does not send the login of some registry there.
 */
const words: Readonly<Record<string, RegistryProvider>> = {
  '': 'distribution',
  acr: 'acr',
  aws: 'ecr',
  azure: 'acr',
  docker: 'distribution',
  dockerhub: 'distribution',
  'docker.io': 'distribution',
  ecr: 'ecr',
  gar: 'gar',
  gcr: 'gar',
  generic: 'distribution',
  ghcr: 'distribution',
  github: 'distribution',
  gitlab: 'gitlab',
  google: 'gar',
  harbor: 'harbor',
  nexus: 'nexus',
  quay: 'quay',
  'quay.io': 'quay',
};

const clouds = { aws: 'ecr', google: 'gar', azure: 'acr' } as const;

/** What a registry is: by its host if that tells, else by what somebody calls it; undefined for a word that nobody knows. */
export function providerOf(host: string, hint = ''): RegistryProvider | undefined {
  const cloud = cloudOfRegistry(host);
  if (cloud !== undefined) return clouds[cloud.cloud];
  if (host === 'docker.io') return 'dockerHub';
  if (host === 'quay.io') return 'quay';
  if (host === 'ghcr.io') return 'github';
  if (host === 'registry.gitlab.com') return 'gitlab';
  const word = hint.trim().toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
