import { describeError } from '@kso/kit';
import type { ImageScanJob } from '@kso/wire';
import { readContainerProfile } from '../relevancy/container-profile.ts';
import type { ContainerProfiles } from '../relevancy/profiles.ts';
import type { RelevancyStore } from '../relevancy/relevancy-store.ts';
import type { Summarizer } from '../summary/summarizer.ts';
import type { Catalogued } from './evaluate-image.ts';

/** Which image a job is about; a job by profile is about the image that the profile was made of. */
export type ProfileAnswer =
  | { readonly outcome: 'known'; readonly payload: ImageScanJob; readonly paths?: readonly string[] }
  | { readonly outcome: 'partial' | 'unusable'; readonly detail: string };

/** The part of a scan that has to do with the profile of a container (kubevuln.md 4.6, 7). */
export interface ProfileStep {
  read(job: ImageScanJob, signal: AbortSignal): Promise<ProfileAnswer>;
  /** Keeps which packages the container uses: each report about the image in this container tells of it from now on. */
  keep(job: ImageScanJob, catalogued: Catalogued, paths: readonly string[]): Promise<void>;
}

export interface ProfileStepOptions {
  /** Where profiles are that do not come with their job. */
  readonly profiles?: ContainerProfiles | undefined;
  readonly summarizer: Summarizer;
  readonly relevancy: RelevancyStore;
  readonly acceptPartial: boolean;
  readonly ignorePackageDatabases: boolean;
}

export function createProfileStep(options: ProfileStepOptions): ProfileStep {
  const { summarizer, relevancy, acceptPartial, ignorePackageDatabases } = options;
  return {
    read: async (job, signal) => {
      if (job.profile === undefined) return { outcome: 'known', payload: job };
      const object = await findProfile(options, job.profile, signal);
      if ('detail' in object) return object;
      const profile = readContainerProfile(object.found, { acceptPartial });
      if (profile.outcome !== 'used') return profile;
      const { imageTag, imageHash, wlid, containerName, instanceID, paths } = profile;
      return { outcome: 'known', payload: { ...job, imageTag, imageHash, wlid, containerName, instanceID }, paths };
    },
    keep: async (job, { image, sbom }, paths) => {
      const packages = await summarizer.relevant(sbom.file, { paths, ignorePackageDatabases });
      relevancy.put(job, { digest: image.digest, platform: image.platform, packages: [...packages] });
    },
  };
}

type Unusable = Extract<ProfileAnswer, { detail: string }>;

async function findProfile(
  { profiles }: ProfileStepOptions,
  { namespace, name, object }: NonNullable<ImageScanJob['profile']>,
  signal: AbortSignal,
): Promise<Unusable | { readonly found: unknown }> {
  if (object !== undefined) return { found: object };
  if (profiles === undefined)
    return { outcome: 'unusable', detail: 'the profile did not come with the request, and profiles are kept nowhere' };
  try {
    const found = await profiles.get(namespace, name, signal);
    return found === undefined ? { outcome: 'unusable', detail: 'there is no such profile' } : { found };
  } catch (error) {
    return { outcome: 'unusable', detail: `the profile cannot be had: ${describeError(error)}` };
  }
}
