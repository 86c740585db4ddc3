import { builtInCatalogue, type PolicyCatalogue } from '@kso/controls';
import type { PosturePolicy } from '@kso/engines';
import { loadRegoPolicies, type RegoPolicies } from '@kso/kubescape-scanner';
import { fail } from '../errors.ts';
import { type CliHost, userPath } from '../host.ts';
import type { PolicyFiles } from './policy-files.ts';

/** Options of a scan that bring policy: what can be evaluated, how it is taken, and the names of frameworks. */
export interface PolicyOptions {
  readonly framework?: readonly string[];
  readonly control?: readonly string[];
  readonly controlsConfig?: string;
  readonly exceptions?: string;
  /** File or folder with frameworks of the user's own. */
  readonly customFrameworks?: string;
  /** Folder or URL with policies of the existing product. */
  readonly useArtifactsFrom?: string;
  /** One file with a framework or a control of it, or with a framework of the user's own. */
  readonly useFrom?: string;
  /** Folder with rules in Rego. */
  readonly customRules?: string;
}

export interface OpenedPolicies {
  /** Undefined when no file and no artifacts say anything. */
  readonly policy: PosturePolicy | undefined;
  readonly policies: RegoPolicies | undefined;
  /** Everything that can be asked for. */
  readonly catalogue: PolicyCatalogue;
  /** The frameworks that the scan is about; none: everything, or the controls that are named. */
  readonly frameworks: readonly string[];
}

/**
 * Reads all policy that options name, before anything is scanned.
 * @throws CONFLICTING_OPTIONS, PATH_UNREADABLE, BAD_VALUE, POLICIES_UNREADABLE
 */
export async function openPolicies(options: PolicyOptions, host: CliHost): Promise<OpenedPolicies> {
  const { useArtifactsFrom, useFrom, framework = [], control = [] } = options;
  if (useArtifactsFrom !== undefined && useFrom !== undefined)
    throw fail('CONFLICTING_OPTIONS', { a: '--use-artifacts-from', b: '--use-from' });
  const named = await frameworksIn(useFrom, host);
  const policies = await regoPolicies(named === undefined ? (useArtifactsFrom ?? useFrom) : undefined, options, host);
  const policy = await readPolicy({ ...options, useFrom: named === undefined ? undefined : useFrom }, policies, host);
  // One file is given to be evaluated: without a name the scan is about it.
  const unnamed = named === undefined || control.length > 0 ? [] : named;
  return {
    policy,
    policies,
    catalogue: policy?.catalogue ?? policies?.catalogue ?? builtInCatalogue,
    frameworks: framework.length > 0 ? framework : unnamed,
  };
}

async function readPolicy(
  files: PolicyFiles,
  policies: RegoPolicies | undefined,
  host: CliHost,
): Promise<PosturePolicy | undefined> {
  const { controlsConfig, exceptions, customFrameworks, useFrom } = files;
  const given = [policies, controlsConfig, exceptions, customFrameworks, useFrom];
  if (given.every((each) => each === undefined)) return undefined;
  const { readPolicyFiles, unknownInputs } = await import('./policy-files.ts');
  const policy = await readPolicyFiles(files, policies, host);
  const unknown = unknownInputs(policy);
  if (unknown.length > 0) host.stderr.write(`no built-in control has an input ${unknown.join(', ')}\n`);
  return policy;
}

async function frameworksIn(file: string | undefined, host: CliHost): Promise<readonly string[] | undefined> {
  if (file === undefined || isUrl(file)) return undefined;
  const { frameworksWithoutRules } = await import('./policy-files.ts');
  return frameworksWithoutRules(file, host);
}

async function regoPolicies(
  from: string | undefined,
  { customRules }: PolicyOptions,
  host: CliHost,
): Promise<RegoPolicies | undefined> {
  return loadRegoPolicies(
    {
      artifacts: from === undefined || isUrl(from) ? from : userPath(host, from),
      customRules: customRules === undefined ? undefined : userPath(host, customRules),
    },
    { env: process.env, signal: host.signal },
  );
}

function isUrl(text: string): boolean {
  return /^https?:/i.test(text);
}
