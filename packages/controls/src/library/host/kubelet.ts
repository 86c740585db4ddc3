import { isRecord, type UnknownRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { recordAt, stringAt } from '../../objects/json.ts';
import { type Flag, flagsOf } from '../control-plane/flags.ts';
import { configurationOf } from './configuration.ts';
import { hostDataOf } from './file.ts';
import type { SettingType } from './setting-type.ts';

/** How the kubelet of a node was started, as a sensor reports it. */
export interface Kubelet {
  readonly node: string;
  readonly flags: ReadonlyMap<string, Flag>;
  /** Without one, other defaults are in force: those from before there were configuration files. */
  readonly hasFile: boolean;
  setting<T>(place: SettingPlace<T>): Setting<T>;
}

/** Where a setting can stand: a flag, a field of `KubeletConfiguration` (kubelet.config.k8s.io/v1beta1), or either. */
export interface SettingPlace<T> {
  readonly type: SettingType<T>;
  readonly flag?: string;
  /** e.g. `authentication.anonymous.enabled` */
  readonly field?: string;
}

/**
 * The setting that counts: the flag's, else the file's. `malformed`: a value of another type, with which no kubelet starts. `unknown`:
 * it may stand in a file that was not reported.
 */
export type Setting<T> =
  | { readonly state: 'set'; readonly value: T; readonly shown: string; readonly path: string }
  | { readonly state: 'malformed'; readonly shown: string; readonly path: string }
  | { readonly state: 'unset'; readonly path: string }
  | { readonly state: 'unknown'; readonly path: string };

const known = new WeakMap<KubeObject, Kubelet | undefined>();

/** Reads a KubeletInfo (scanner.md 16.2), once for all controls. Undefined if it does not tell how the kubelet was started. */
export function kubeletOf(object: KubeObject): Kubelet | undefined {
  if (!known.has(object)) known.set(object, read(object));
  return known.get(object);
}

function read(object: KubeObject): Kubelet | undefined {
  const { data, at } = hostDataOf(object);
  const commandLine = stringAt(data, 'cmdLine') ?? '';
  if (commandLine.trim() === '') return undefined;
  const path = `${at}.cmdLine`;
  const words = commandLine.split(/[\s\0]+/).filter((text) => text !== '');
  const flags = flagsOf(words.map((text) => ({ text, path })));
  // What a folder of drop-ins says about a setting, nobody reports.
  const hasDropIns = flags.has('config-dir');
  const hasFile = flags.has('config') || hasDropIns;
  const file = hasFile && !hasDropIns ? configurationOf(recordAt(data, 'configFile')) : undefined;
  const filePath = `${at}.configFile.content`;
  return {
    node: object.metadata.name,
    flags,
    hasFile,
    setting: ({ type, flag = '', field }) => {
      const given = flags.get(flag);
      if (given !== undefined) return settled(type.ofText(given.value), `--${flag}=${given.value}`, path);
      if (field === undefined || !hasFile) return { state: 'unset', path };
      if (file === undefined) return { state: 'unknown', path: filePath };
      const { value, isInPlace } = valueAt(file, field);
      if (value === undefined || value === null) return { state: 'unset', path: filePath };
      return settled(isInPlace ? type.ofField(value) : undefined, `${field}: ${JSON.stringify(value)}`, filePath);
    },
  };
}

function settled<T>(value: T | undefined, shown: string, path: string): Setting<T> {
  return value === undefined ? { state: 'malformed', shown, path } : { state: 'set', value, shown, path };
}

/** Where a parent is something else than an object, it is the value: a malformed one, out of place. */
function valueAt(file: UnknownRecord, field: string): { readonly value: unknown; readonly isInPlace: boolean } {
  let value: unknown = file;
  for (const step of field.split('.')) {
    if (!isRecord(value)) return { value, isInPlace: false };
    value = Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return { value, isInPlace: true };
}
