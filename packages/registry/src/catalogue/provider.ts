import { cloudOfRegistry } from '../cloud/registry-host.ts';

/** Kinds of registries that list in ways of their own; `distribution` is the protocol alone. */
export type RegistryProvider =
  | 'distribution'
  | 'dockerHub'
  | 'quay'
  | 'harbor'
  | 'gitlab'
  | 'github'
  | 'ecr'
  | 'acr'
  | 'gar'
  | 'nexus';

/** The words of registry commands (`kind`, `registryProvider`) and of v2 registry objects (`provider`). */
const words: Readonly<Record<string, RegistryProvider>> = {
  acr: 'acr',
  aws: 'ecr',
  azure: 'acr',
  docker: 'dockerHub',
  dockerhub: 'dockerHub',
  'docker.io': 'dockerHub',
  ecr: 'ecr',
  gar: 'gar',
  gcr: 'gar',
  ghcr: 'github',
  github: 'github',
  gitlab: 'gitlab',
  google: 'gar',
  harbor: 'harbor',
  nexus: 'nexus',
  quay: 'quay',
  'quay.io': 'quay',
};

const clouds = { aws: 'ecr', google: 'gar', azure: 'acr' } as const;

/** What a registry is: by its host if that tells, else by what somebody calls it. */
export function providerOf(host: string, hint = ''): RegistryProvider {
  const cloud = cloudOfRegistry(host);
  if (cloud !== undefined) return clouds[cloud.cloud];
  if (host === 'docker.io') return 'dockerHub';
  if (host === 'quay.io') return 'quay';
  if (host === 'ghcr.io') return 'github';
  if (host === 'registry.gitlab.com') return 'gitlab';
  const word = hint.trim().toLowerCase();
  return (Object.hasOwn(words, word) ? words[word] : undefined) ?? 'distribution';
}
