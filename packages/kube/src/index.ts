export type { Discovery, Resolved } from './api/discovery.ts';
export type { PodLogOptions, PodLogResult, PodLogTarget, ReadPodLog } from './api/pod-logs.ts';
export { type ApiResource, apiVersionOf, kindLabel } from './api/resource.ts';
export type { Access, KubeReviews, TokenReview } from './api/reviews.ts';
export type {
  DeleteOptions,
  DeleteResult,
  KubeWriter,
  NewObject,
  ObjectTarget,
  PatchOptions,
  WriteRefusal,
  WriteResult,
} from './api/writer.ts';
export { createKubeClient, type GetResult, type KubeClient, type KubeClientOptions } from './client.ts';
export { type ClusterSourceOptions, type ClusterSourcePorts, createClusterSource } from './cluster-source.ts';
export * from './connection/index.ts';
export { kubeErrors } from './errors.ts';
export {
  createLeaderElection,
  type LeaderElection,
  type LeaderElectionOptions,
  type LeaderElectionPorts,
} from './leader/leader-election.ts';
export type { ListFilter } from './list-pages.ts';
export { type OpenTokenAccess, openTokenAccess, type TokenAccessPorts } from './open-token-access.ts';
export { createOwnerLookup, type OwnerLookupOptions } from './owners/owner-lookup.ts';
export { type LookUpOwner, type OwnerLookup, type TopOwner, topOwner } from './owners/top-owner.ts';
export { createPodReader, type PodReader } from './pod-reader.ts';
export * from './pull-secrets/index.ts';
export { type WatchMetrics, watchMetrics } from './reflector/reflector-metrics.ts';
export { defaultReflectorSettings, type ReflectorSettings } from './reflector/settings.ts';
export { type ServiceAccountTokenOptions, serviceAccountTokens } from './service-account-tokens.ts';
export { createTurns } from './turns.ts';
