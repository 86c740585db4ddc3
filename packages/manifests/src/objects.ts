import { groupOf, podSpecProblem } from '@kso/domain';
import type { KubeObject } from '@kso/wire';

/** What a document turned out to be. */
export type Recognised =
  | { readonly outcome: 'objects'; readonly objects: readonly FoundObject[]; readonly problems: readonly string[] }
  /** YAML of something else: values of charts, pipelines, compose files. */
  | { readonly outcome: 'other' };

export interface FoundObject {
  readonly object: KubeObject;
  /** Where it stands below the document's root, e.g. `items[2]`; empty for the root itself. */
  readonly path: string;
}

const maxListDepth = 3;

/** An API server puts five letters of its own behind a `generateName`; these show that they are not known yet. */
const generatedSuffix = 'xxxxx';

/** Groups of kinds that are always stored under a name. Groups of configuration files (`kubelet.config.k8s.io`) are not among them. */
const storedGroups: ReadonlySet<string> = new Set([
  '',
  'apps',
  'autoscaling',
  'batch',
  'extensions',
  'policy',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'networking.k8s.io',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/** Finds the Kubernetes objects of a parsed document; the items of lists (`List`, `PodList`) are objects of their own. */
export function recognise(value: unknown): Recognised {
  if (!isEnvelope(value)) return { outcome: 'other' };
  const objects: FoundObject[] = [];
  const problems: string[] = [];
  collect(value, '', 0, { objects, problems });
  // Configuration files of other tools have apiVersion and kind too, but nothing that could be stored under a name.
  return objects.length === 0 && problems.length === 0
    ? { outcome: 'other' }
    : { outcome: 'objects', objects, problems };
}

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: unknown;
  readonly items?: unknown;
}

interface Found {
  readonly objects: FoundObject[];
  readonly problems: string[];
}

function collect(value: Envelope, path: string, depth: number, found: Found): void {
  if (value.kind.endsWith('List') && Array.isArray(value.items))
    collectItems(value, value.items, { path, depth }, found);
  else collectOne(value, path, found);
}

function collectItems(
  { apiVersion, kind }: Envelope,
  items: readonly unknown[],
  { path, depth }: { readonly path: string; readonly depth: number },
  found: Found,
): void {
  if (depth >= maxListDepth) {
    found.problems.push(`${path}: lists are nested too deeply`);
    return;
  }
  const itemKind = kind.slice(0, -'List'.length);
  for (const [index, item] of items.entries()) {
    const itemPath = `${path === '' ? '' : `${path}.`}items[${index}]`;
    // Items of typed lists do not repeat what the list says.
    const whole = itemKind === '' || !isRecord(item) ? item : { apiVersion, kind: itemKind, ...item };
    if (isEnvelope(whole)) collect(whole, itemPath, depth + 1, found);
    else found.problems.push(`${itemPath} is no Kubernetes object`);
  }
}

function collectOne(value: Envelope, path: string, found: Found): void {
  const label = `${path === '' ? '' : `${path}: `}${value.kind}`;
  if (!isRecord(value.metadata)) {
    if (path !== '' || isStored(value)) found.problems.push(`${label} has no metadata.name`);
    return;
  }
  const { name: written, generateName, namespace, ...rest } = value.metadata;
  const name = nameOf(written, generateName);
  if (name === undefined) {
    found.problems.push(`${label} has no metadata.name`);
    return;
  }
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string') {
    found.problems.push(`${label} ${name} has a metadata.namespace that is no text`);
    return;
  }
  const metadata = {
    name,
    ...(generateName === undefined ? {} : { generateName }),
    // An empty namespace means the same as none.
    ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
    ...rest,
  };
  const object: KubeObject = { ...value, metadata };
  const problem = podSpecProblem(object);
  // It is an object all the same: whoever judges it says for itself that it could not.
  if (problem !== undefined)
    found.problems.push(`${label} ${name}${problem.startsWith('has ') ? ' ' : ': '}${problem}`);
  found.objects.push({ object, path });
}

/** The name, or for `generateName: job-` the name `job-xxxxx`; undefined if there is neither. */
function nameOf(written: unknown, generateName: unknown): string | undefined {
  if (typeof written === 'string' && written !== '') return written;
  const isAbsent = written === undefined || written === null || written === '';
  if (!isAbsent || typeof generateName !== 'string' || generateName === '') return undefined;
  return `${generateName}${generatedSuffix}`;
}

/** False for files that only look like objects, e.g. a kubeconfig, which is of `v1` too. */
function isStored({ apiVersion, kind }: Envelope): boolean {
  return storedGroups.has(groupOf(apiVersion)) && !(apiVersion === 'v1' && kind === 'Config');
}

function isEnvelope(value: unknown): value is Envelope {
  return (
    isRecord(value) &&
    typeof value['apiVersion'] === 'string' &&
    value['apiVersion'] !== '' &&
    typeof value['kind'] === 'string' &&
    value['kind'] !== ''
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
