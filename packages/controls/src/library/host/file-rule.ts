import type { Finding, FindingPath, GroupKind, Verdict } from '@kso/wire';
import { type ObjectRule, verdictOf } from '../../control.ts';
import { filesAt, type HostFile } from './file.ts';

export interface FileCheck {
  readonly rule: string;
  readonly kind: GroupKind;
  /** Where the files stand in the data, e.g. `APIServerInfo.specsFile` or `PKIFiles[]`. */
  readonly places: readonly string[];
  /** Only files whose name ends so. */
  readonly suffix?: string;
  /** Octal permission bits that are allowed, or the owner that is wanted. */
  readonly wanted: { readonly mode: number } | { readonly owner: string };
}

/** A rule over files on a node. A file that was not reported, or not in full, is not evaluated: it neither passes nor fails. */
export function fileRule({ rule, kind, places, suffix = '', wanted }: FileCheck): ObjectRule {
  return {
    target: 'object',
    name: rule,
    kinds: [kind],
    related: [],
    inputs: [],
    check: (object): Verdict => {
      const files = places.flatMap((place) => filesAt(object, place)).filter(({ path }) => path.endsWith(suffix));
      const findings = files.flatMap((file) => {
        const finding = 'mode' in wanted ? modeFinding(file, wanted.mode) : ownerFinding(file, wanted.owner);
        return finding === undefined ? [] : [finding];
      });
      if (findings.length > 0) return verdictOf(findings);
      const unknown = files.filter(({ permissions, owner }) => ('mode' in wanted ? permissions : owner) === undefined);
      if (files.length > 0 && unknown.length === 0) return verdictOf([]);
      const what = files.length === 0 ? places.join(' and ') : unknown.map(({ path }) => path).join(', ');
      return {
        status: 'notEvaluated',
        reason: 'integration',
        detail: `node "${object.metadata.name}" does not tell about ${what}`,
      };
    },
  };
}

function modeFinding({ path, permissions, at }: HostFile, mode: number): Finding | undefined {
  // Bits beyond the allowed ones: those of the file type do not count.
  if (permissions === undefined || (permissions & 0o7777 & ~mode) === 0) return undefined;
  const octal = (bits: number): string => (bits & 0o7777).toString(8);
  return {
    message: `The file ${path} has the permissions ${octal(permissions)}.`,
    paths: both(`${at}.permissions`),
    found: octal(permissions),
    wanted: `${octal(mode)} or fewer: chmod ${octal(mode)} ${path}`,
  };
}

function ownerFinding({ path, owner, at }: HostFile, wanted: string): Finding | undefined {
  if (owner === undefined || owner === wanted) return undefined;
  return {
    message: `The file ${path} belongs to ${owner}.`,
    paths: both(`${at}.ownership`),
    found: owner,
    wanted: `${wanted}: chown ${wanted} ${path}`,
  };
}

function both(path: string): FindingPath[] {
  return [
    { type: 'failed', path },
    { type: 'review', path },
  ];
}
