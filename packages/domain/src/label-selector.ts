import { recordsAt, stringAt, stringMapAt, stringsAt } from './json-fields.ts';
import { isRecord, type UnknownRecord } from './workload.ts';

export type Labels = Readonly<Record<string, string>>;

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** A label selector: `matchLabels` and `matchExpressions`, or the plain map of a Service. */
export interface LabelSelector {
  readonly labels: readonly (readonly [string, string])[];
  readonly requirements: readonly Requirement[];
}

/** Reads a `LabelSelector` of the API. Undefined if there is none; an empty one selects everything. */
export function parseSelector(value: unknown): LabelSelector | undefined {
  if (!isRecord(value)) return undefined;
  return {
    labels: Object.entries(stringMapAt(value, 'matchLabels')),
    requirements: recordsAt(value, 'matchExpressions').map(({ value: entry }) => ({
      key: stringAt(entry, 'key') ?? '',
      operator: stringAt(entry, 'operator') ?? '',
      values: stringsAt(entry, 'values'),
    })),
  };
}

/** Reads the selector of a Service. Undefined if it selects nothing, which is what an empty one means there. */
export function parseServiceSelector(spec: UnknownRecord): LabelSelector | undefined {
  const labels = Object.entries(stringMapAt(spec, 'selector'));
  return labels.length === 0 ? undefined : { labels, requirements: [] };
}

export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  return (
    selector.labels.every(([key, value]) => valueOf(labels, key) === value) &&
    selector.requirements.every((requirement) => meets(requirement, valueOf(labels, requirement.key)))
  );
}

function meets({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      // An unknown operator is refused by the API server; a selector that cannot be understood selects nothing.
      return false;
  }
}

function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
