import { canonicalKind, isLabelKey, isLabelValue, parseWildWlid, parseWlid } from '@kso/domain';
import { z } from 'zod';
import { fail } from '../errors.ts';
import type { Command } from './command.ts';

/** What a `scan` command is about (operator-gateway.md 4.2.1). */
export const ImageScope = z.object({
  /** Scoped commands fan out over pods and obey the namespace filter; others name one workload. */
  scoped: z.boolean(),
  /** Undefined: all. */
  namespaces: z.array(z.string()).optional(),
  /** Only these workloads; `kind` is canonical. */
  workloads: z.array(z.object({ namespace: z.string().optional(), kind: z.string(), name: z.string() })).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  fields: z.record(z.string(), z.string()).optional(),
  /** Only these containers, with the image ids that the sender saw. */
  containers: z.record(z.string(), z.string()).optional(),
});
export type ImageScope = z.infer<typeof ImageScope>;

const textMap = z.record(z.string(), z.string());

/** Fields of pods by which an API server can select; any other it refuses. */
const selectableFields: ReadonlySet<string> = new Set([
  'metadata.name',
  'metadata.namespace',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.podIPs',
  'status.nominatedNodeName',
]);

/** @throws SCOPE_INVALID */
export function readScope(command: Command): ImageScope {
  const { args } = command;
  const labels = mapOf(args['labels'], 'args.labels');
  const fields = mapOf(args['fieldSelector'], 'args.fieldSelector');
  for (const [key, value] of Object.entries(labels ?? {}))
    if (!isLabelKey(key) || !isLabelValue(value))
      throw fail('SCOPE_INVALID', { problem: 'args.labels names no label' });
  for (const [field, value] of Object.entries(fields ?? {})) {
    if (selectableFields.has(field) && !/[,=\\]/.test(value)) continue;
    const known = [...selectableFields].join(', ');
    throw fail('SCOPE_INVALID', { problem: `args.fieldSelector: pods can be selected by ${known}` });
  }
  const containers = mapOf(args['containerToImageIDs'], 'args.containerToImageIDs');
  return {
    ...whereOf(command),
    ...(labels === undefined ? {} : { labels }),
    ...(fields === undefined ? {} : { fields }),
    ...(containers === undefined ? {} : { containers }),
  };
}

type Where = Pick<ImageScope, 'scoped' | 'namespaces' | 'workloads'>;

function whereOf(command: Command): Where {
  if (command.designators.length > 0) return designated(command.designators);
  if (command.wildWlid !== '') return wild(command.wildWlid);
  if (command.wildSid !== '' || command.sid !== '')
    throw fail('SCOPE_INVALID', { problem: 'secret ids name no images' });
  if (command.wlid === '') throw fail('SCOPE_INVALID', { problem: 'it has neither a wlid nor designators' });
  const wlid = parseWlid(command.wlid);
  if (wlid === undefined) throw fail('SCOPE_INVALID', { problem: 'the wlid is malformed' });
  const { namespace, kind, name } = wlid;
  return { scoped: false, namespaces: [namespace], workloads: [{ namespace, kind, name }] };
}

function designated(designators: Command['designators']): Where {
  const namespaces = designators.map(({ attributes }) => attributes['namespace'] ?? '');
  const workloads = designators.flatMap(({ attributes }) => {
    const { namespace, kind, name } = attributes;
    if (kind === undefined || kind === '' || name === undefined || name === '') return [];
    return [{ kind: canonicalKind(kind), name, ...(namespace ? { namespace } : {}) }];
  });
  return {
    scoped: true,
    ...(namespaces.includes('') ? {} : { namespaces: [...new Set(namespaces)] }),
    // One designator that names no workload means everything in its namespace.
    ...(workloads.length === designators.length ? { workloads } : {}),
  };
}

function wild(wildWlid: string): Where {
  const parsed = parseWildWlid(wildWlid);
  if (parsed === undefined) throw fail('SCOPE_INVALID', { problem: 'the wildWlid is malformed' });
  return { scoped: true, ...(parsed.namespace === undefined ? {} : { namespaces: [parsed.namespace] }) };
}

function mapOf(value: unknown, name: string): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  const parsed = textMap.safeParse(value);
  if (!parsed.success) throw fail('SCOPE_INVALID', { problem: `${name} is not a map of texts` });
  return parsed.data;
}
