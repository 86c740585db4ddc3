import type { UnknownRecord } from '@kso/domain';
import type { KubeObject, Verdict } from '@kso/wire';
import { type Control, untold, verdictOf } from '../../control.ts';
import { listAt, recordAt, recordsAt, stringAt, stringsAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { flagsOf } from '../control-plane/flags.ts';
import { configurationOf } from './configuration.ts';
import { hostDataOf } from './file.ts';

interface Concern {
  readonly group: string;
  readonly resource: string;
  /** Bodies of these are secrets themselves: the log may hold who asked, and no more. */
  readonly isSecret: boolean;
}

const concerns: readonly Concern[] = [
  { group: '', resource: 'secrets', isSecret: true },
  { group: '', resource: 'configmaps', isSecret: true },
  { group: 'authentication.k8s.io', resource: 'tokenreviews', isSecret: true },
  { group: '', resource: 'pods', isSecret: false },
  { group: 'apps', resource: 'deployments', isSecret: false },
  { group: '', resource: 'pods/exec', isSecret: false },
  { group: '', resource: 'pods/portforward', isSecret: false },
  { group: '', resource: 'pods/proxy', isSecret: false },
  { group: '', resource: 'services/proxy', isSecret: false },
];

/** The audit policy of the API server records what matters, and no secrets. */
export const auditPolicy: Control = {
  id: 'C-0161',
  rules: [
    {
      target: 'object',
      name: 'audit-policy-content',
      kinds: [kinds.controlPlaneInfo],
      related: [],
      inputs: [],
      check: (object): Verdict => judge(object),
    },
  ],
};

function judge(object: KubeObject): Verdict {
  const { data, at } = hostDataOf(object);
  const server = recordAt(data, 'APIServerInfo');
  const policy = configurationOf(recordAt(server, 'auditPolicyFile'));
  const commandLine = stringAt(server, 'cmdLine') ?? '';
  const node = object.metadata.name;
  const failed = (message: string, field: string, found: string): Verdict => {
    const path = `${at}.APIServerInfo.${field}`;
    return verdictOf([
      {
        message,
        paths: [
          { type: 'failed', path },
          { type: 'review', path },
        ],
        found,
        wanted:
          'Metadata for secrets, configmaps and tokenreviews; Metadata or more for changes of workloads, exec and proxies',
      },
    ]);
  };
  if (policy === undefined) {
    const flags = flagsOf(commandLine.split(/\s+/).map((text) => ({ text, path: '' })));
    if (commandLine.trim() === '' || flags.has('audit-policy-file'))
      return untold(`node "${node}" does not tell its audit policy`);
    return failed(`The API server of node "${node}" has no audit policy.`, 'cmdLine', 'no --audit-policy-file');
  }
  const problems = concerns.flatMap((concern) => problemOf(policy, concern) ?? []);
  if (problems.length === 0) return verdictOf([]);
  const message = `The audit policy of node "${node}" does not cover what matters.`;
  return failed(message, 'auditPolicyFile.content', problems.join('; '));
}

/** The first rule that fits a request decides; rules for some users, verbs or names only decide for these. */
function problemOf(policy: UnknownRecord, concern: Concern): string | undefined {
  const levels: string[] = [];
  let last = 'None';
  for (const { value: rule } of recordsAt(policy, 'rules')) {
    const entries = recordsAt(rule, 'resources').map(({ value }) => value);
    const forPaths = listAt(rule, 'nonResourceURLs').length > 0;
    if (forPaths || (entries.length > 0 && !entries.some((entry) => isAbout(entry, concern)))) continue;
    const level = stringAt(rule, 'level') ?? 'None';
    levels.push(level);
    if (isForSome(rule, entries, concern)) continue;
    last = level;
    break;
  }
  const { resource, isSecret } = concern;
  if (last === 'None') return `${resource} are not recorded`;
  const body = isSecret ? levels.find((level) => level === 'Request' || level === 'RequestResponse') : undefined;
  return body === undefined ? undefined : `${resource} are recorded at the level ${body}`;
}

function isAbout(entry: UnknownRecord, { group, resource }: Concern): boolean {
  const resources = stringsAt(entry, 'resources');
  if ((stringAt(entry, 'group') ?? '') !== group) return false;
  const [name, sub] = resource.split('/');
  const forms = sub === undefined ? [resource, '*'] : [resource, '*', `${name}/*`, `*/${sub}`];
  return resources.length === 0 || resources.some((item) => forms.includes(item));
}

function isForSome(rule: UnknownRecord, entries: readonly UnknownRecord[], concern: Concern): boolean {
  const limits = ['users', 'userGroups', 'verbs', 'namespaces'];
  if (limits.some((limit) => listAt(rule, limit).length > 0)) return true;
  const about = entries.filter((entry) => isAbout(entry, concern));
  return about.length > 0 && about.every((entry) => listAt(entry, 'resourceNames').length > 0);
}
