import { instanceSlug, parseInstanceId } from '@kso/domain';
import { z } from 'zod';

const paths = z
  .array(z.object({ path: z.string().max(4096) }))
  .nullish()
  .transform((list) => (list ?? []).map(({ path }) => path));

/** The part of a ContainerProfile that is read (kubevuln.md 7.1); others write it, so nothing is taken on trust. */
const ContainerProfile = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).nullish() }),
  spec: z.object({ imageID: z.string().default(''), imageTag: z.string().default(''), execs: paths, opens: paths }),
});

export interface UsedFiles {
  readonly outcome: 'used';
  readonly imageTag: string;
  readonly imageHash: string;
  readonly wlid: string;
  readonly containerName: string;
  readonly instanceID: string;
  /** Files that the container has opened or executed; `⋯` stands for one segment of a path, `*` for several. */
  readonly paths: readonly string[];
}

export type ReadProfile =
  | UsedFiles
  /** The container ran before anybody looked: what it uses is not all known. No failure. */
  | { readonly outcome: 'partial'; readonly detail: string }
  | { readonly outcome: 'unusable'; readonly detail: string };

const prefix = 'kubescape.io/';

/** @param acceptPartial also take a profile of a container that was already running when its observation began */
export function readContainerProfile(object: unknown, { acceptPartial }: { acceptPartial: boolean }): ReadProfile {
  const parsed = ContainerProfile.safeParse(object);
  if (!parsed.success) return unusable(`the profile cannot be read: ${parsed.error.issues[0]?.path.join('.') ?? ''}`);
  const { metadata, spec } = parsed.data;
  const annotation = (name: string): string => metadata.annotations?.[`${prefix}${name}`] ?? '';
  const completion = annotation('completion');
  if (completion !== 'complete' && !(acceptPartial && completion === 'partial'))
    return { outcome: 'partial', detail: `the profile is "${completion}": a restart of the container completes it` };
  const status = annotation('status');
  if (status !== 'ready' && status !== 'completed') return unusable(`the profile is not ready: "${status}"`);
  const instance = parseInstanceId(annotation('instance-id'));
  const wlid = annotation('wlid');
  if (instance?.container === undefined || wlid === '') return unusable('the profile does not name its container');
  // Of the pseudo workload that stands for a node.
  if (spec.imageTag === '') return unusable('the profile has no image');
  const slug = instanceSlug(instance);
  return {
    outcome: 'used',
    imageTag: spec.imageTag,
    imageHash: spec.imageID,
    wlid,
    containerName: instance.container,
    instanceID: slug.ok ? slug.slug : '',
    paths: [...new Set([...spec.execs, ...spec.opens])],
  };
}

function unusable(detail: string): ReadProfile {
  return { outcome: 'unusable', detail };
}
