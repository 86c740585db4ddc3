import { isRecord, podTemplateOf, type UnknownRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';

/** Stands in reports where a value was that could be a secret. */
const scrubbed = 'XXXXXX';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The object as a report may show it (scanner.md 6): values of Secrets and ConfigMaps and literal values of environment variables are
 * covered, references of variables, the last applied configuration, managed fields and status are left out. The object itself is
 * not changed.
 */
export function scrubObject(object: UnknownRecord): UnknownRecord {
  const related = object['relatedObjects'];
  if (Array.isArray(related))
    return {
      ...object,
      relatedObjects: (related as unknown[]).map((item) => (isRecord(item) ? scrubObject(item) : item)),
    };

  const { status: _status, ...rest } = object;
  const result: Record<string, unknown> = { ...rest };
  if (isRecord(object['metadata'])) result['metadata'] = scrubMetadata(object['metadata']);
  if (object['kind'] === 'Secret') coverFields(result, ['data', 'stringData']);
  if (object['kind'] === 'ConfigMap') coverFields(result, ['data', 'binaryData']);
  return withScrubbedPodSpec(result);
}

function scrubMetadata(metadata: UnknownRecord): UnknownRecord {
  const { managedFields: _managed, annotations, ...rest } = metadata;
  if (!isRecord(annotations)) return rest;
  const { [lastApplied]: _applied, ...kept } = annotations;
  return { ...rest, annotations: kept };
}

function coverFields(object: Record<string, unknown>, fields: readonly string[]): void {
  for (const field of fields) {
    const value = object[field];
    if (isRecord(value)) object[field] = Object.fromEntries(Object.keys(value).map((key) => [key, scrubbed]));
    // A Secret's data that is no map is no data that a report has to show.
    else delete object[field];
  }
}

function withScrubbedPodSpec(object: Record<string, unknown>): UnknownRecord {
  if (typeof object['apiVersion'] !== 'string' || typeof object['kind'] !== 'string') return object;
  const template = podTemplateOf(object as KubeObject);
  return template === undefined ? object : replaceAt(object, template.path.split('.'), scrubPodSpec(template.spec));
}

function replaceAt(object: UnknownRecord, path: readonly string[], value: unknown): UnknownRecord {
  const [field, ...rest] = path;
  if (field === undefined) return object;
  const child = object[field];
  return { ...object, [field]: rest.length === 0 ? value : isRecord(child) ? replaceAt(child, rest, value) : child };
}

function scrubPodSpec(spec: UnknownRecord): UnknownRecord {
  const lists = ['containers', 'initContainers', 'ephemeralContainers'].filter((list) => Array.isArray(spec[list]));
  return {
    ...spec,
    ...Object.fromEntries(lists.map((list) => [list, (spec[list] as unknown[]).map(scrubContainer)])),
  };
}

function scrubContainer(container: unknown): unknown {
  if (!isRecord(container)) return container;
  const { envFrom: _envFrom, env, ...rest } = container;
  if (env === undefined) return rest;
  return { ...rest, env: Array.isArray(env) ? (env as unknown[]).map(scrubVariable) : [] };
}

function scrubVariable(variable: unknown): unknown {
  if (!isRecord(variable)) return variable;
  const { valueFrom: _valueFrom, value, ...rest } = variable;
  return value === undefined ? rest : { ...rest, value: scrubbed };
}
