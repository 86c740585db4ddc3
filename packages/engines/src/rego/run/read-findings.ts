import type { ObjectRef, RawExternal, RawFinding, RawPaths } from './protocol.ts';

/** What a rule answered is not a list of findings (scanner.md 14.1). */
export class NotFindings extends Error {
  override readonly name = 'NotFindings';
}

type Fields = ReadonlyMap<string, unknown>;

const maxText = 2000;
const maxPaths = 1000;

/** Reads the value of package `armo_builtins`: each value in it is a list of findings. @throws NotFindings */
export function readFindings(value: unknown): RawFinding[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, list]) => {
    if (!Array.isArray(list)) throw new NotFindings(`${name} is ${typeOf(list)} and not a list of findings`);
    return list.map((item: unknown) => {
      if (!isRecord(item)) throw new NotFindings(`${name} holds ${typeOf(item)} that is no finding`);
      return finding(name, item);
    });
  });
}

function finding(name: string, item: Readonly<Record<string, unknown>>): RawFinding {
  const fields = folded(item);
  // What names the objects must be readable: otherwise a rule that denies would look like one that is content.
  const alertObject = fields.get('alertobject');
  if (!isAbsent(alertObject) && !isRecord(alertObject))
    throw new NotFindings(`${name} holds a finding whose alertObject is ${typeOf(alertObject)}`);
  const alert = folded(recordOr(alertObject));
  const objects = alert.get('k8sapiobjects');
  if (!isAbsent(objects) && !Array.isArray(objects))
    throw new NotFindings(`${name} holds a finding whose k8sApiObjects is ${typeOf(objects)} and not a list`);
  return {
    message: text(fields.get('alertmessage')),
    objects: list(objects).flatMap(reference),
    external: external(alert.get('externalobjects')),
    paths: paths(fields),
    related: list(fields.get('relatedobjects')).flatMap((related) => {
      const own = folded(recordOr(related));
      return reference(own.get('object')).map((object) => ({ object, paths: paths(own) }));
    }),
  };
}

function paths(fields: Fields): RawPaths {
  const command = text(fields.get('fixcommand'));
  return {
    failed: texts(fields.get('failedpaths')),
    review: texts(fields.get('reviewpaths')),
    delete: texts(fields.get('deletepaths')),
    fix: list(fields.get('fixpaths')).flatMap((item) => {
      const fix = folded(recordOr(item));
      const path = fix.get('path');
      return typeof path === 'string' && path !== ''
        ? [{ path: path.slice(0, maxText), value: text(fix.get('value')) }]
        : [];
    }),
    fixCommand: command === '' ? undefined : command,
  };
}

function external(value: unknown): RawExternal | undefined {
  if (!isRecord(value)) return undefined;
  const [ref] = reference(value);
  if (ref === undefined) return undefined;
  const related = list(value['relatedObjects']).flatMap(reference);
  return { ...ref, apiGroup: text(value['apiGroup']), relatedObjects: related, object: value };
}

/** Objects may come back reduced to their names. One without a name means nothing. */
function reference(value: unknown): ObjectRef[] {
  if (!isRecord(value)) return [];
  const metadata = recordOr(value['metadata']);
  const name = text(metadata['name']) || text(value['name']);
  const kind = text(value['kind']);
  if (name === '' || kind === '') return [];
  const namespace = text(metadata['namespace']) || text(value['namespace']);
  return [{ apiVersion: text(value['apiVersion']), kind, namespace, name }];
}

/** Upstream reads keys without case, and its rules rely on it (`k8SApiObjects`, `fixpaths`). */
function folded(record: Readonly<Record<string, unknown>>): Fields {
  return new Map(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordOr(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, maxPaths) : [];
}

function texts(value: unknown): string[] {
  return list(value).flatMap((item) => (typeof item === 'string' && item !== '' ? [item.slice(0, maxText)] : []));
}

function text(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, maxText);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'null' : isRecord(value) ? 'an object' : `a ${typeof value}`;
}
