import { isRecord, type UnknownRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { listAt, numberAt, recordAt, stringAt } from '../../objects/json.ts';

/** A file on a node, as a sensor reports it. */
export interface HostFile {
  readonly path: string;
  /** Permission bits; undefined if the sensor could not read them. */
  readonly permissions: number | undefined;
  /** `root:root`; undefined if the sensor could not find out. */
  readonly owner: string | undefined;
  /** Where it stands in the object. */
  readonly at: string;
}

/** What a sensor knows about its node. Stored objects keep it in `spec`, the form for rules in `data`. */
export function hostDataOf(object: KubeObject): { readonly data: UnknownRecord; readonly at: string } {
  const at = isRecord(object['data']) ? 'data' : 'spec';
  return { data: recordAt(object, at), at };
}

/** The files at a place such as `APIServerInfo.specsFile`, or all of a list such as `PKIFiles[]`. */
export function filesAt(object: KubeObject, place: string): HostFile[] {
  const { data, at } = hostDataOf(object);
  const steps = place.replace('[]', '').split('.');
  const field = steps.pop() ?? '';
  const parent = steps.reduce<UnknownRecord>((record, step) => recordAt(record, step), data);
  const path = [at, ...steps, field].join('.');
  if (place.endsWith('[]'))
    return listAt(parent, field).flatMap((file, index) => (isRecord(file) ? [read(file, `${path}[${index}]`)] : []));
  const file = parent[field];
  return isRecord(file) ? [read(file, path)] : [];
}

function read(file: UnknownRecord, at: string): HostFile {
  const ownership = recordAt(file, 'ownership');
  const user = stringAt(ownership, 'username') || nameOf(numberAt(ownership, 'uid'));
  const group = stringAt(ownership, 'groupname') || nameOf(numberAt(ownership, 'gid'));
  const permissions = numberAt(file, 'permissions');
  return {
    path: stringAt(file, 'path') ?? at,
    permissions: Number.isInteger(permissions) ? permissions : undefined,
    owner: user === undefined || group === undefined ? undefined : `${user}:${group}`,
    at,
  };
}

function nameOf(id: number | undefined): string | undefined {
  if (id === undefined) return undefined;
  return id === 0 ? 'root' : String(id);
}
