import type { Finding, Verdict } from '@kso/wire';
import { type ObjectRule, untold, verdictOf } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { type Kubelet, kubeletOf, type SettingPlace } from './kubelet.ts';

interface Texts {
  /** Completes the sentence "The kubelet of node "x" ...". */
  readonly problem: string;
  readonly wanted: string;
}

/** A check of one setting of kubelets. */
export interface SettingCheck<T> extends SettingPlace<T>, Texts {
  /** The value in force when nothing is set: with a configuration file, and with flags only. */
  readonly byDefault: { readonly withFile: T | undefined; readonly flagsOnly: T | undefined };
  isFine(value: T | undefined): boolean;
}

/** What is wrong with a kubelet, `unknown` if that cannot be told, undefined if nothing is. */
export type KubeletAnswer = { readonly found: string; readonly path: string } | 'unknown' | undefined;

/** A rule over one setting. */
export function settingRule<T>(name: string, check: SettingCheck<T>): ObjectRule {
  const { byDefault } = check;
  return kubeletRule(name, check, (kubelet) => {
    const setting = kubelet.setting(check);
    if (setting.state === 'unknown') return 'unknown';
    if (setting.state === 'malformed') return { found: setting.shown, path: setting.path };
    if (setting.state === 'set')
      return check.isFine(setting.value) ? undefined : { found: setting.shown, path: setting.path };
    const value = kubelet.hasFile ? byDefault.withFile : byDefault.flagsOnly;
    if (check.isFine(value)) return undefined;
    const found = `not set${value === undefined ? '' : `, which means ${String(value)}`}`;
    return { found, path: setting.path };
  });
}

/** A rule over how kubelets were started. What a node does not tell is not evaluated. */
export function kubeletRule(
  name: string,
  { problem, wanted }: Texts,
  judge: (kubelet: Kubelet) => KubeletAnswer,
): ObjectRule {
  return {
    target: 'object',
    name,
    kinds: [kinds.kubeletInfo],
    related: [],
    inputs: [],
    check: (object): Verdict => {
      const kubelet = kubeletOf(object);
      const { name: node } = object.metadata;
      if (kubelet === undefined) return untold(`node "${node}" does not tell how its kubelet was started`);
      const answer = judge(kubelet);
      if (answer === undefined) return verdictOf([]);
      if (answer === 'unknown') return untold(`node "${node}" does not tell the whole configuration of its kubelet`);
      const { path, found } = answer;
      const finding: Finding = {
        message: `The kubelet of node "${node}" ${problem}.`,
        paths: [
          { type: 'failed', path },
          { type: 'review', path },
        ],
        found,
        wanted,
      };
      return verdictOf([finding]);
    },
  };
}
