import type { UnknownRecord } from '@kso/domain';
import type { Finding, GroupKind, KubeObject, Verdict } from '@kso/wire';
import { type ObjectRule, type RuleContext, untold, verdictOf } from '../../control.ts';
import { booleanAt, has, recordAt } from '../../objects/json.ts';

/** What is wrong with a setting of a cloud; `unknown`: the description does not tell; undefined: nothing is wrong. */
export type CloudAnswer = CloudProblem | 'unknown' | undefined;

export interface CloudProblem {
  /** Completes the sentence "The cluster "x" ...". */
  readonly problem: string;
  /** Below `data`. */
  readonly path: string;
  readonly found?: string;
  readonly wanted: string;
  readonly relatedIds?: readonly string[];
}

export interface CloudRuleOptions {
  readonly name: string;
  readonly kinds: readonly GroupKind[];
  readonly related?: readonly GroupKind[];
  judge(data: UnknownRecord, object: KubeObject, context: RuleContext): CloudAnswer;
}

/** A rule over what a cloud provider says (scanner.md 17). What it does not say is not evaluated. */
export function cloudRule({ name, kinds, related = [], judge }: CloudRuleOptions): ObjectRule {
  return {
    target: 'object',
    name,
    kinds,
    related,
    inputs: [],
    check: (object, context): Verdict => {
      const answer = judge(recordAt(object, 'data'), object, context);
      if (answer === undefined) return verdictOf([]);
      const { name: cluster } = object.metadata;
      if (answer === 'unknown') return untold(`the description of the cluster "${cluster}" does not tell`);
      const { problem, path, found, wanted, relatedIds } = answer;
      const finding: Finding = {
        message: `The cluster "${cluster}" ${problem}.`,
        paths: [
          { type: 'failed', path: `data.${path}` },
          { type: 'review', path: `data.${path}` },
        ],
        found: found ?? 'not set',
        wanted,
        ...(relatedIds === undefined ? {} : { relatedIds }),
      };
      return verdictOf([finding]);
    },
  };
}

/** The field at a dotted path, and the record that holds it. */
export function fieldAt(data: UnknownRecord, path: string): { readonly parent: UnknownRecord; readonly field: string } {
  const steps = path.split('.');
  const field = steps.pop() ?? '';
  return { parent: steps.reduce<UnknownRecord>(recordAt, data), field };
}

/** A switch that has to be on. One that is not there is off, as the providers leave out what is not set. */
export function mustBeOn(path: string, problem: string): (data: UnknownRecord) => CloudAnswer {
  return (data) => {
    if (!isTold(data, path)) return 'unknown';
    const { parent, field } = fieldAt(data, path);
    if (booleanAt(parent, field) === true) return undefined;
    const found = has(parent, field) ? `${field}: ${JSON.stringify(parent[field])}` : `${field} not set`;
    return { problem, path, found, wanted: `${field}: true` };
  };
}

/** False for a description that lacks even the outermost record: it was not read. */
export function isTold(data: UnknownRecord, path: string): boolean {
  const [outer = ''] = path.split('.');
  return Object.keys(recordAt(data, outer)).length > 0;
}
