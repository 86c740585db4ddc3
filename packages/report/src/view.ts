import type { Severity } from '@kso/domain';

/** What the tables show, whatever produced it: a report, the stores of running services, a single image. */
export interface ScanView {
  readonly target: TargetView;
  readonly posture?: PostureView;
  readonly images?: ImagesView;
}

export interface TargetView {
  /** A context, a server, a folder. */
  readonly name: string;
  /** `sample`: the manifests that come with the product; said wherever their results show. */
  readonly type: 'cluster' | 'manifests' | 'sample' | 'image';
}

export type SeverityCounts = Readonly<Partial<Record<Severity, number>>>;

export interface PostureView {
  readonly objects: number;
  readonly failedObjects: number;
  /** 0 to 100 (scanner.md 11.2). */
  readonly complianceScore?: number;
  /** Every control that was asked for, evaluated or not. */
  readonly controls: readonly ControlView[];
  /** Objects and RBAC subjects with at least one failed control. */
  readonly failures: readonly ObjectView[];
  /** Documents of a folder that could not be read, roles that it binds and does not hold, kinds of a cluster that could not be listed, objects that some control could not judge. */
  readonly gaps: readonly Gap[];
}

export interface ControlView {
  readonly id: string;
  readonly name: string;
  readonly severity: Severity;
  readonly failed: number;
  /** Objects that it could judge. */
  readonly evaluated: number;
  /** Why it could judge nothing, or not everything. */
  readonly notEvaluated?: string;
  /** There is nothing that it judges: that is no pass. */
  readonly irrelevant?: true;
}

export interface ObjectView {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly failed: readonly { readonly id: string; readonly severity: Severity }[];
  /** `shop.yaml:12`, for manifests. */
  readonly origin?: string;
}

export interface Gap {
  readonly type: 'file' | 'role' | 'kind' | 'object';
  /** A file with its line, a role that is bound, a kind, or an object. */
  readonly what: string;
  readonly reason: string;
  /** Of an object: the controls that could not judge it. */
  readonly controls?: readonly string[];
}

export interface ImagesView {
  readonly images: readonly ImageView[];
  readonly database?: DatabaseView;
}

/** The vulnerability database that images were matched against. */
export interface DatabaseView {
  /** Epoch milliseconds. */
  readonly builtAt?: number;
  /** The few advisories that come with the product: a result says nothing about other vulnerabilities. */
  readonly isSample: boolean;
}

export interface ImageView {
  /** As written where it is used. */
  readonly image: string;
  /** `shop/Deployment/cart`. */
  readonly usedBy: readonly string[];
  readonly outcome: ImageOutcome;
}

export interface ScannedImage {
  readonly type: 'scanned';
  readonly packages: number;
  readonly findings: SeverityCounts;
  /** Findings for which a fixed version is known. */
  readonly fixable: number;
  readonly vulnerabilities?: readonly VulnerabilityView[];
}

export type ImageOutcome =
  | ScannedImage
  /** It will be, when what it waits for is there. */
  | { readonly type: 'waiting'; readonly reason: string }
  | { readonly type: 'notEvaluated'; readonly reason: string };

export interface VulnerabilityView {
  readonly id: string;
  readonly severity: Severity;
  readonly package: string;
  readonly installed: string;
  /** Empty if no fix is known. */
  readonly fixedIn: readonly string[];
}
