import type { PostureExceptionPolicy } from './exception-policy.ts';

/**
 * What the policy engine says about one resource. These results are kept in the store, go from the scanner's worker thread to its
 * listener and are what every report is built from. Values in them are masked: they may be stored, sent and printed.
 */

/** The list of a pod spec that a container stands in. */
export type ContainerList = 'containers' | 'initContainers' | 'ephemeralContainers';

/** A place in an object: dotted, list items as `[0]`, map keys as `labels[key]` (scanner.md 8.4). */
export type FindingPath =
  /** `failed`: the value there is wrong. `review`: a person has to judge it. `delete`: take it away. */
  | { readonly type: 'failed' | 'review' | 'delete'; readonly path: string; readonly resourceId?: string }
  /** Set this value; `YOUR_VALUE` stands for one that only the owner knows. */
  | { readonly type: 'fix'; readonly path: string; readonly value: string; readonly resourceId?: string };

export interface Finding {
  /** One plain sentence. */
  readonly message: string;
  readonly paths: readonly FindingPath[];
  readonly container?: { readonly name: string; readonly list: ContainerList };
  /** The value that is there, masked; absent when nothing is set. */
  readonly found?: string;
  /** What should be there. */
  readonly wanted?: string;
  /** Ids of objects that took part: the Service that exposes a workload, the role behind a binding. */
  readonly relatedIds?: readonly string[];
  /** A shell command that puts it right; rules about nodes and clouds give one (scanner.md 14.2). */
  readonly fixCommand?: string;
  /** Exceptions that cover it, the strongest source first; those that are limited to frameworks cover it there only. */
  readonly exceptions?: readonly AppliedException[];
}

/** Where an exception is from, the strongest first: of two with the same scope the earlier source counts (scanner.md 12.3). */
export const exceptionSources = ['request', 'file', 'account', 'release', 'cluster', 'annotation'] as const;
export type ExceptionSource = (typeof exceptionSources)[number];

/** An exception as it stands with the findings that it covers. */
export interface AppliedException {
  /** Unique among all exceptions of a scan: `file exceptions.json: ignore-node-exporter`. */
  readonly id: string;
  readonly source: ExceptionSource;
  /** Frameworks that it is limited to; absent when it holds in all. */
  readonly frameworks?: readonly string[];
  /** In the form of a report's `exception[]`, with the designator and the policy entry that matched and no others. */
  readonly policy: PostureExceptionPolicy;
}

export type UnevaluatedReason =
  /** Kinds that the control needs could not be read; `missingKinds` names them. */
  | 'missingKinds'
  /** The control itself failed; other controls are not touched. */
  | 'error'
  /** It needs control inputs that are all empty. */
  | 'configuration'
  /** Its data comes from a source that is not there: host data, a cloud description, image scans. */
  | 'integration';

export type Findings = readonly [Finding, ...Finding[]];

export type Verdict =
  /**
   * `irrelevant`: the control says nothing about this resource, e.g. a Linux control about a Windows pod.
   * `accepted`: it would have failed, and exceptions cover every finding in all frameworks (sub-status `w/exceptions`).
   */
  | { readonly status: 'passed'; readonly irrelevant?: string; readonly accepted?: Findings }
  /** `accepted`: further findings, which exceptions cover in all frameworks. */
  | { readonly status: 'failed'; readonly findings: Findings; readonly accepted?: Findings }
  | {
      readonly status: 'notEvaluated';
      readonly reason: UnevaluatedReason;
      readonly detail: string;
      readonly missingKinds?: readonly string[];
    };

export type VerdictStatus = Verdict['status'];

/** What one rule of a control says; a control that looks at several kinds has a rule for each. */
export interface RuleResult {
  readonly rule: string;
  readonly verdict: Verdict;
}

export interface ControlResult {
  readonly controlId: string;
  /** The worst of its rules: failed, then not evaluated, then passed. */
  readonly status: VerdictStatus;
  readonly rules: readonly RuleResult[];
}

/** All that is known about one resource: a Kubernetes object, or an RBAC subject with one of its bindings and the role behind it. */
export interface ResourceResult {
  /** As in scanner.md 9, bit for bit. */
  readonly resourceId: string;
  /** Object hash, related inputs, control inputs, exceptions and library version in one hash: the same key means the same result. */
  readonly idempotencyKey: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for cluster-scoped objects and where a manifest names none. */
  readonly namespace: string;
  readonly name: string;
  readonly controls: readonly ControlResult[];
}
