import { z } from 'zod';

/**
 * Exceptions as they are written down (scanner.md 12, kubevuln.md 9). Readers check only what every document has; a field of the
 * wrong type is reported by the code that reads it, with the name of the exception.
 */

/** A Kubernetes label selector. Strict: one whose only entry is mistyped would otherwise select everything. */
export const LabelSelectorDocument = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string().min(1),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).nullish(),
      }),
    )
    .optional(),
});
export type LabelSelectorDocument = z.infer<typeof LabelSelectorDocument>;

/** Names resources by attributes: `cluster`, `namespace`, `kind`, `name` … are regular expressions over the whole value. */
export const ResourceDesignator = z.object({
  designatorType: z.string().optional(),
  attributes: z.record(z.string(), z.string()).nullish(),
  /** For the types `Wlid` and `WildWlid`. */
  wlid: z.string().optional(),
  wildwlid: z.string().optional(),
});
export type ResourceDesignator = z.infer<typeof ResourceDesignator>;

/** Names findings: an empty or absent field means any. */
export const PosturePolicyReference = z.object({
  frameworkName: z.string().optional(),
  controlID: z.string().optional(),
  /** Deprecated. */
  controlName: z.string().optional(),
  ruleName: z.string().optional(),
  severityScore: z.number().optional(),
});
export type PosturePolicyReference = z.infer<typeof PosturePolicyReference>;

/** A posture exception policy, as files, requests, accounts and released artifacts hold it (scanner.md 12.1). */
export const PostureExceptionPolicy = z.object({
  guid: z.string().optional(),
  name: z.string().optional(),
  policyType: z.string().optional(),
  actions: z.array(z.string()).nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
  resources: z.array(ResourceDesignator).nullish(),
  objectSelector: LabelSelectorDocument.nullish(),
  posturePolicies: z.array(PosturePolicyReference).nullish(),
  reason: z.string().nullish(),
  /** RFC 3339. */
  expirationDate: z.string().nullish(),
});
export type PostureExceptionPolicy = z.infer<typeof PostureExceptionPolicy>;

/** `spec.match` of a security exception: all that is stated must hold, the entries of one list are alternatives. */
export const SecurityExceptionMatch = z.object({
  /** Of the cluster kind only. */
  namespaceSelector: LabelSelectorDocument.nullish(),
  objectSelector: LabelSelectorDocument.nullish(),
  resources: z
    .array(z.object({ apiGroup: z.string().optional(), kind: z.string().optional(), name: z.string().optional() }))
    .nullish(),
  /** Glob patterns of image references. */
  images: z.array(z.string()).nullish(),
});
export type SecurityExceptionMatch = z.infer<typeof SecurityExceptionMatch>;

/** `spec` of SecurityException and ClusterSecurityException, kubescape.io/v1beta1, as far as both kinds of findings share it. */
export const SecurityExceptionSpec = z.object({
  author: z.string().optional(),
  reason: z.string().optional(),
  /** RFC 3339. */
  expiresAt: z.string().nullish(),
  match: SecurityExceptionMatch.nullish(),
  posture: z
    .array(
      z.object({
        controlID: z.string(),
        frameworkName: z.string().optional(),
        action: z.enum(['ignore', 'alert_only']),
      }),
    )
    .nullish(),
  /** Read by the image scanner. */
  vulnerabilities: z.array(z.record(z.string(), z.unknown())).nullish(),
});
export type SecurityExceptionSpec = z.infer<typeof SecurityExceptionSpec>;

/** A vulnerability exception policy of a CloudEndpoint or a file (kubevuln.md 9.1). */
export const VulnerabilityExceptionPolicy = z.object({
  guid: z.string().optional(),
  name: z.string().optional(),
  policyType: z.string().optional(),
  creationTime: z.string().nullish(),
  updatedTime: z.string().nullish(),
  /** `ignore` suppresses; a policy without it is only noted with the finding. */
  actions: z.array(z.string()).nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
  designators: z.array(ResourceDesignator).nullish(),
  vulnerabilities: z.array(z.object({ name: z.string(), severityScore: z.number().optional() })).nullish(),
  reason: z.string().nullish(),
  /** RFC 3339. */
  expirationDate: z.string().nullish(),
  /** It ends when a version without the vulnerability is known. */
  expiredOnFix: z.boolean().nullish(),
  createdBy: z.string().nullish(),
});
export type VulnerabilityExceptionPolicy = z.infer<typeof VulnerabilityExceptionPolicy>;

/** One entry of `spec.vulnerabilities` of a security exception (kubevuln.md 9.2). */
export const SecurityExceptionVulnerability = z.object({
  vulnerability: z.object({ id: z.string().min(1), aliases: z.array(z.string()).nullish() }),
  status: z.string().optional(),
  justification: z.string().optional(),
  impactStatement: z.string().optional(),
  actionStatement: z.string().optional(),
  response: z.array(z.string()).nullish(),
  expiredOnFix: z.boolean().nullish(),
  expiresAt: z.string().nullish(),
  subcomponents: z.array(z.union([z.string(), z.object({ id: z.string() })])).nullish(),
});
export type SecurityExceptionVulnerability = z.infer<typeof SecurityExceptionVulnerability>;

const OpenVexComponent = z.object({
  '@id': z.string(),
  subcomponents: z.array(z.object({ '@id': z.string() })).nullish(),
});

/** An OpenVEX document (https://openvex.dev/ns/v0.2.0), as far as findings are judged by it. */
export const OpenVexDocument = z.object({
  '@context': z.string().startsWith('https://openvex.dev/ns'),
  author: z.string().optional(),
  statements: z.array(
    z.object({
      vulnerability: z.object({ name: z.string(), aliases: z.array(z.string()).nullish() }),
      products: z.array(OpenVexComponent).nullish(),
      status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
      justification: z.string().optional(),
      impact_statement: z.string().optional(),
    }),
  ),
});
export type OpenVexDocument = z.infer<typeof OpenVexDocument>;
