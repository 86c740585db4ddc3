import { canonicalKind, formatWlid } from '@kso/domain';
import { type Clock, describeError, KsoError } from '@kso/kit';
import type { KubeObject } from '@kso/wire';
import type { ImageScope } from '../commands/scope.ts';
import type { PodOwner, PodSource } from '../ports.ts';
import {
  type ContainerTarget,
  declaredContainers,
  isNaked,
  namedContainers,
  runningContainers,
} from './container-targets.ts';

export interface ImageTarget extends ContainerTarget {
  readonly wlid: string;
}

export interface FanOutSettings {
  readonly clusterName: string;
  readonly includeNamespaces: readonly string[];
  readonly excludeNamespaces: readonly string[];
  /** A pod without owner that is younger is left out of scoped commands, in ms. */
  readonly guardTimeMs: number;
}

export interface FanOutContext {
  readonly settings: FanOutSettings;
  readonly clock: Clock;
}

export interface FanOutResult {
  readonly pods: number;
  /** What could not be listed, one line each; the rest was given out. */
  readonly errors: readonly string[];
  /** One of the errors that will pass (the API server is away): what it hid is still to be given out. */
  readonly passing?: KsoError;
}

const mostErrors = 20;

/**
 * Walks over the pods of a scope and gives out each container once (operator-gateway.md 4.2.2): replicas share their instance.
 * What goes wrong with one namespace does not stop the others. @throws what `give` throws
 */
export async function fanOut(
  source: PodSource,
  scope: ImageScope,
  context: FanOutContext,
  give: (target: ImageTarget) => Promise<void>,
): Promise<FanOutResult> {
  const problems: Problems = { errors: [] };
  const given = new Set<string>();
  let pods = 0;
  for (const namespace of scope.namespaces ?? [undefined]) {
    const targets = imageTargets(source, scope, namespace, context);
    try {
      for (;;) {
        const { value } = await nextOf(targets, problems, namespace);
        if (value === undefined) break;
        const fresh = value.filter(({ instance }) => instance === '' || !given.has(instance));
        if (fresh.length > 0) pods += 1;
        for (const target of fresh) {
          given.add(target.instance);
          await give(target);
        }
      }
    } finally {
      await targets.return(undefined);
    }
  }
  return { pods, ...problems };
}

interface Problems {
  readonly errors: string[];
  passing?: KsoError;
}

type Targets = AsyncGenerator<ImageTarget[], undefined, undefined>;

/** The next pod's containers. A list that breaks off is noted and ends here; what was given out before stays. */
async function nextOf(targets: Targets, problems: Problems, namespace: string | undefined) {
  try {
    return await targets.next();
  } catch (error) {
    const { errors } = problems;
    if (errors.length < mostErrors) errors.push(`${namespace ?? 'all namespaces'}: ${describeError(error)}`);
    if (isPassing(error)) problems.passing ??= error;
    return { value: undefined };
  }
}

const outages: ReadonlySet<string> = new Set(['KUBE_UNREACHABLE', 'KUBE_CREDENTIALS']);

/** An API server that refuses will refuse again; one that is away or overloaded comes back. */
function isPassing(error: unknown): error is KsoError {
  if (!(error instanceof KsoError)) return false;
  const { status } = error.context;
  return outages.has(error.code) || (typeof status === 'number' && (status >= 500 || status === 429));
}

/** Pod by pod, the containers to be scanned. */
async function* imageTargets(
  source: PodSource,
  scope: ImageScope,
  namespace: string | undefined,
  context: FanOutContext,
): Targets {
  for await (const pod of list(source, scope, namespace)) {
    if (!isWanted(pod, source, scope, context)) continue;
    const containers = containersOf(pod, source, scope);
    if (containers.length === 0) continue;
    const owner = await source.topOwner(pod);
    if (!isNamed(owner, pod, scope)) continue;
    const wlid = wlidOf(owner, pod, context.settings.clusterName);
    yield containers.map((container) => ({ ...container, wlid }));
  }
  return undefined;
}

function list(source: PodSource, scope: ImageScope, namespace: string | undefined): AsyncIterable<KubeObject> {
  return source.list({
    ...(namespace === undefined ? {} : { namespace }),
    ...(scope.labels === undefined ? {} : { labels: scope.labels }),
    ...(scope.fields === undefined ? {} : { fields: scope.fields }),
  });
}

function isWanted(pod: KubeObject, source: PodSource, scope: ImageScope, { settings, clock }: FanOutContext): boolean {
  if (!scope.scoped) return true;
  const namespace = pod.metadata.namespace ?? 'default';
  const { includeNamespaces, excludeNamespaces } = settings;
  const included =
    includeNamespaces.length === 0 ? !excludeNamespaces.includes(namespace) : includeNamespaces.includes(namespace);
  if (!included) return false;
  if (source.type === 'manifests' || !isNaked(pod)) return true;
  const created = Date.parse(pod.metadata.creationTimestamp ?? '');
  return Number.isNaN(created) || clock.now() - created >= settings.guardTimeMs;
}

function containersOf(pod: KubeObject, source: PodSource, { containers }: ImageScope): ContainerTarget[] {
  if (source.type === 'cluster')
    return containers === undefined ? runningContainers(pod) : namedContainers(pod, containers);
  const declared = declaredContainers(pod);
  return containers === undefined ? declared : declared.filter(({ container }) => Object.hasOwn(containers, container));
}

function isNamed(owner: PodOwner, pod: KubeObject, { workloads }: ImageScope): boolean {
  if (workloads === undefined) return true;
  const namespace = pod.metadata.namespace ?? 'default';
  const candidates = [owner, { kind: pod.kind, name: pod.metadata.name }];
  return workloads.some(
    (wanted) =>
      (wanted.namespace ?? namespace) === namespace &&
      candidates.some(({ kind, name }) => canonicalKind(kind) === wanted.kind && name === wanted.name),
  );
}

function wlidOf({ kind, name }: PodOwner, pod: KubeObject, cluster: string): string {
  return formatWlid({ cluster, namespace: pod.metadata.namespace ?? 'default', kind, name });
}
