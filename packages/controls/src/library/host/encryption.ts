import type { UnknownRecord } from '@kso/domain';
import type { KubeObject, Verdict } from '@kso/wire';
import { type Control, type ObjectRule, untold, verdictOf } from '../../control.ts';
import { recordAt, recordsAt, stringAt, stringsAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { mustBeSet } from '../control-plane/expectation.ts';
import { flagRule } from '../control-plane/flag-control.ts';
import { flagsOf } from '../control-plane/flags.ts';
import { configurationOf } from './configuration.ts';
import { hostDataOf } from './file.ts';

/** Secrets are encrypted: the API server has a configuration for it, and that lists them. */
export const encryptionConfigured: Control = {
  id: 'C-0141',
  rules: [
    flagRule('kube-apiserver', {
      rule: 'ensure-that-the-api-server-encryption-provider-config-argument-is-set-as-appropriate',
      expectation: mustBeSet('encryption-provider-config'),
      problem: 'stores Secrets as they are',
    }),
    encryptionRule('ensure-that-the-api-server-encryption-provider-config-argument-is-set-as-appropriate', {
      problem: 'does not encrypt Secrets',
      wanted: 'secrets in the resources of an EncryptionConfiguration',
      wrong: (entries) => (entries.some(coversSecrets) ? undefined : 'no entry for secrets'),
    }),
  ],
};

const strong = ['aescbc', 'secretbox', 'kms'];

/** What is listed is encrypted by a strong provider: the first one of an entry writes. */
export const encryptionProviders: Control = {
  id: 'C-0142',
  rules: [
    encryptionRule('ensure-that-the-api-server-encryption-providers-are-appropriately-configured', {
      problem: 'writes without strong encryption',
      wanted: `${strong.join(', ')} as the first provider of every entry`,
      wrong: (entries) => {
        const weak = entries.map(writerOf).find((provider) => !strong.includes(provider ?? ''));
        return entries.length > 0 && weak === undefined ? undefined : (weak ?? 'no provider');
      },
    }),
  ],
};

/** Keys stand in a store outside of the cluster. */
export const externalKeys: Control = {
  id: 'C-0208',
  rules: [
    encryptionRule('external-secret-storage', {
      problem: 'encrypts Secrets by keys that stand on the node, or not at all',
      wanted: 'kms as the first provider for secrets',
      wrong: (entries) => {
        const writers = entries.filter(coversSecrets).map(writerOf);
        return writers.length > 0 && writers.every((provider) => provider === 'kms')
          ? undefined
          : (writers.find((provider) => provider !== 'kms') ?? 'no provider for secrets');
      },
    }),
  ],
};

interface EncryptionCheck {
  readonly problem: string;
  readonly wanted: string;
  /** What is found in the entries of `resources`, if that is wrong. */
  wrong(entries: readonly UnknownRecord[]): string | undefined;
}

const flag = 'encryption-provider-config';

/** A rule over the EncryptionConfiguration of a control-plane node. What the node does not tell is not evaluated. */
function encryptionRule(name: string, { problem, wanted, wrong }: EncryptionCheck): ObjectRule {
  return {
    target: 'object',
    name,
    kinds: [kinds.controlPlaneInfo],
    related: [],
    inputs: [],
    check: (object): Verdict => {
      const { found, path } = whatIsWrong(object, wrong);
      if (path === undefined) return found === undefined ? verdictOf([]) : untold(found);
      return verdictOf([
        {
          message: `The API server of node "${object.metadata.name}" ${problem}.`,
          paths: [
            { type: 'failed', path },
            { type: 'review', path },
          ],
          found,
          wanted,
        },
      ]);
    },
  };
}

type Answer =
  | { readonly found: string; readonly path: string | undefined }
  | { readonly found: undefined; readonly path: undefined };

function whatIsWrong(object: KubeObject, wrong: EncryptionCheck['wrong']): Answer {
  const { data, at } = hostDataOf(object);
  const server = recordAt(data, 'APIServerInfo');
  const where = `${at}.APIServerInfo`;
  const file = recordAt(server, 'encryptionProviderConfigFile');
  const configuration = configurationOf(file);
  if (configuration !== undefined) {
    const found = wrong(recordsAt(configuration, 'resources').map(({ value }) => value));
    if (found === undefined) return { found: undefined, path: undefined };
    return { found, path: `${where}.encryptionProviderConfigFile.content` };
  }
  const commandLine = stringAt(server, 'cmdLine') ?? '';
  const isStarted = commandLine.trim() !== '';
  const flags = flagsOf(commandLine.split(/\s+/).map((text) => ({ text, path: where })));
  if (isStarted && !flags.has(flag)) return { found: `no --${flag}`, path: `${where}.cmdLine` };
  return { found: `node "${object.metadata.name}" does not tell its encryption configuration`, path: undefined };
}

function coversSecrets(entry: UnknownRecord): boolean {
  return stringsAt(entry, 'resources').some((resource) => ['secrets', '*.', '*.*'].includes(resource));
}

function writerOf(entry: UnknownRecord): string | undefined {
  const [first] = recordsAt(entry, 'providers');
  return first === undefined ? undefined : Object.keys(first.value)[0];
}
