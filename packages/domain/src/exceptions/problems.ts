import type { LabelSelectorDocument } from '@kso/wire';
import { type LabelSelector, parseSelector } from '../label-selector.ts';
import type { TextMatcher, TextMatcherResult } from './text-matcher.ts';

/** Collects what is wrong with one exception while it is read. */
export class Problems {
  readonly list: string[] = [];

  /** The matcher, or undefined and a problem that names the field. */
  take(field: string, result: TextMatcherResult): TextMatcher | undefined {
    if (result.ok) return result.matcher;
    this.list.push(`${field}: ${result.problem}`);
    return undefined;
  }

  /** A selector without any requirement selects everything, as in Kubernetes. The document has been checked against its schema. */
  selector(field: string, document: LabelSelectorDocument | null | undefined): LabelSelector | undefined {
    if (document === null || document === undefined) return undefined;
    for (const [index, { operator, values }] of (document.matchExpressions ?? []).entries()) {
      const wantsValues = operator === 'In' || operator === 'NotIn';
      if (wantsValues === (values ?? []).length > 0) continue;
      const problem = wantsValues ? 'needs values' : 'takes no values';
      this.list.push(`${field}.matchExpressions[${index}]: ${operator} ${problem}`);
    }
    return parseSelector(document);
  }

  /** Epoch milliseconds. A date that cannot be read is a problem: the exception would otherwise hold for ever. */
  date(field: string, text: string | null | undefined): number | undefined {
    if (text === null || text === undefined || text === '') return undefined;
    const time = /^\d{4}-\d\d-\d\d[Tt ]/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isFinite(time)) return time;
    this.list.push(`${field}: "${text.slice(0, 40)}" is no time like 2030-01-01T00:00:00Z`);
    return undefined;
  }
}

/** What a schema has to say about a document. */
interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** Where and why a document does not have its form, in one line. */
export function describeIssues({ issues }: SchemaError): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.length === 0 ? 'document' : path.map(String).join('.')}: ${message}`)
    .join('; ');
}
