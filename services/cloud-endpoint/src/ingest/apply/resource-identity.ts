import type { Resource } from '../formats/posture-report.ts';

export interface ResourceIdentity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What an object is called: by itself where the report has it, else by its id (scanner.md 9). */
export function identityOf(resource: Resource): ResourceIdentity {
  const parsed = parseResourceId(resource.resourceID);
  const { apiVersion, kind, metadata } = resource.object ?? {};
  return {
    apiVersion: apiVersion || parsed.apiVersion,
    kind: kind || parsed.kind,
    namespace: metadata?.namespace || parsed.namespace,
    name: metadata?.name || parsed.name,
  };
}

/**
 * `group/version/namespace/kind/name`, without a place for the namespace where it is about nodes or from clouds; a file's objects have
 * `path=<hash>/api=` before it. Of longer ids – a subject with its bindings, an exposed workload – the last four parts are
 * `group/namespace/kind/name` of the thing that is judged.
 */
export function parseResourceId(resourceId: string): ResourceIdentity {
  const written = resourceId.replace(/^path=\d+\/api=/, '').split('/');
  const parts = written.length === 4 ? written.toSpliced(2, 0, '') : written;
  const kind = parts.at(-2) ?? '';
  const name = parts.at(-1) ?? resourceId;
  if (parts.length < 5) return { apiVersion: '', kind, namespace: '', name };
  const versioned = parts.slice(0, 2).filter((part) => part !== '');
  const apiVersion = parts.length === 5 ? versioned.join('/') : (parts.at(-4) ?? '');
  return { apiVersion, kind, namespace: parts.at(-3) ?? '', name };
}
