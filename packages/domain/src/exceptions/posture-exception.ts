import type { ExceptionSource, PostureExceptionPolicy, PosturePolicyReference, ResourceDesignator } from '@kso/wire';
import type { LabelSelector } from '../label-selector.ts';
import type { ImageGlob } from './image-glob.ts';
import type { TextMatcher } from './text-matcher.ts';

/** An exception of any form, read and ready to be matched (scanner.md 12). It covers a finding when an entry and a scope match. */
export interface PostureException {
  /** Unique among all of a scan, and how people are told of it: `exceptions.json: ignore-node-exporter`. */
  readonly id: string;
  readonly source: ExceptionSource;
  /** Epoch milliseconds; it holds until then. */
  readonly expiresAt?: number;
  /** Alternatives. */
  readonly entries: readonly PostureEntry[];
  /** Alternatives. */
  readonly scopes: readonly ExceptionScope[];
  /** What a report says about it, without scopes and entries. */
  readonly policy: PostureExceptionPolicy;
  /** The same text for two exceptions that cover the same. */
  readonly coverage: string;
}

/** Which findings: absent means any. */
export interface PostureEntry {
  readonly framework?: TextMatcher;
  readonly controlId?: TextMatcher;
  readonly controlName?: TextMatcher;
  readonly ruleName?: TextMatcher;
  readonly document: PosturePolicyReference;
}

export const scopeFields = ['cluster', 'namespace', 'kind', 'name', 'path', 'resourceId', 'apiGroup'] as const;
export type ScopeField = (typeof scopeFields)[number];

/** Which resources, and which parts of them: everything that is stated must hold. */
export interface ExceptionScope {
  readonly fields: Partial<Readonly<Record<ScopeField, TextMatcher>>>;
  /** Findings about this container only. */
  readonly containerName?: TextMatcher;
  /** Labels or annotations with these values. */
  readonly labels: readonly (readonly [string, string])[];
  readonly objectSelector?: LabelSelector;
  /** Of the labels of the resource's namespace. */
  readonly namespaceSelector?: LabelSelector;
  /** Findings about containers of these images only; alternatives. */
  readonly images?: readonly ImageGlob[];
  readonly document: ResourceDesignator;
}

/** An exception that is wrong, and therefore has no effect. */
export interface ExceptionProblem {
  readonly id: string;
  readonly source: ExceptionSource;
  /** What is wrong, with the name of the field, for people. */
  readonly problem: string;
}

/** Exceptions of one document: those that can be used, and what is wrong with the others. */
export interface ReadExceptions {
  readonly exceptions: readonly PostureException[];
  readonly problems: readonly ExceptionProblem[];
}

/** Where a document is from. */
export interface ExceptionOrigin {
  readonly source: ExceptionSource;
  /** For people: a file name, `account`, `cluster`. */
  readonly origin: string;
}

/** True if it restricts nothing but the cluster: such an exception also covers controls that have no resources. */
export function coversWholeCluster({ fields, labels, ...rest }: ExceptionScope): boolean {
  return (
    labels.length === 0 &&
    (['containerName', 'objectSelector', 'namespaceSelector', 'images'] as const).every(
      (field) => rest[field] === undefined,
    ) &&
    scopeFields.every((field) => field === 'cluster' || fields[field] === undefined || fields[field].isAny)
  );
}
