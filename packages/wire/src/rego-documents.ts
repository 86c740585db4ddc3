import { z } from 'zod';

/**
 * Controls and rules of Kubescape's policy artifacts (scanner.md 14.3, 15): what is read of them. Frameworks stand in
 * `policy-documents.ts`. Artifacts are untrusted; lists that are missing or null count as empty.
 */

const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);

/** Objects that a rule wants: the cross product of groups, versions and kinds; `*` is any. */
export const RuleMatchDocument = z.object({
  apiGroups: texts,
  apiVersions: texts,
  resources: texts,
  fieldSelector: texts,
});
export type RuleMatchDocument = z.infer<typeof RuleMatchDocument>;

const matches = z
  .array(RuleMatchDocument)
  .nullish()
  .transform((list) => list ?? []);

const attributes = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((map) => map ?? {});

/** A rule with the text of its Rego module and, if it has one, of its resource enumerator. */
export const RegoRuleDocument = z.object({
  name: z.string().min(1).max(256),
  attributes,
  ruleLanguage: z.string().nullish(),
  rule: z.string().nullish(),
  resourceEnumerator: z.string().nullish(),
  match: matches,
  dynamicMatch: matches,
  controlConfigInputs: z
    .array(z.object({ path: z.string() }))
    .nullish()
    .transform((list) => list ?? []),
});
export type RegoRuleDocument = z.infer<typeof RegoRuleDocument>;

/** A control with its rules embedded (`rules`), or naming them (`rulesNames`). */
export const RegoControlDocument = z.object({
  controlID: z.string().optional(),
  /** Older spelling of `controlID`. */
  id: z.string().optional(),
  name: z.string().min(1),
  description: z.string().nullish(),
  remediation: z.string().nullish(),
  baseScore: z.number().min(0).max(10).nullish(),
  category: z
    .object({ name: z.string(), subCategory: z.object({ name: z.string() }).nullish() })
    .nullish()
    // An odd category is no reason to lose the control.
    .catch(undefined),
  scanningScope: z.object({ matches: texts }).nullish(),
  attributes,
  rulesNames: texts,
  rules: z.array(z.unknown()).nullish(),
  fixedInput: z.record(z.string(), z.array(z.string())).nullish(),
});
export type RegoControlDocument = z.infer<typeof RegoControlDocument>;
