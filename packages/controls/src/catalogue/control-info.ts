/** What is known about a control apart from its logic. */
export interface ControlInfo {
  readonly id: string;
  readonly name: string;
  /** 0 to 10; the severity follows from it (`severityOfScore`). */
  readonly baseScore: number;
  readonly category: ControlCategory | undefined;
  /** Where it makes sense. */
  readonly scopes: readonly ControlScope[];
  /** What makes a resource fail. */
  readonly description: string;
  /** What to do about it. */
  readonly remediation: string;
  /** `configuration`: means nothing while all its control inputs are empty. `manual review`: only people can answer it. */
  readonly actionRequired?: 'configuration' | 'manual review';
  /** Data that the control needs. Where a scan has none of it, the control is shown as not evaluated, with this as the reason. */
  readonly missingSource?: MissingSource;
  /** Of custom controls: steps of attack tracks that their failure opens. The built-in ones stand in `attackTracks`. */
  readonly attackTracks?: readonly { readonly track: string; readonly steps: readonly string[] }[];
  /** Labels of custom controls, e.g. `security`. */
  readonly tags?: readonly string[];
}

/** A running cluster, manifests in files, any managed cluster, or one of a provider. */
export type ControlScope = 'cluster' | 'file' | 'cloud' | CloudProvider;

/** Names of managed clusters, as the existing product writes them. */
export type CloudProvider = 'EKS' | 'AKS' | 'GKE';

export type MissingSource =
  | 'host data'
  | 'a cloud description'
  | 'results of image scans'
  | 'a verifier of image signatures'
  | 'the version of the API server'
  | 'a running cluster'
  | 'a managed cluster'
  | `a cluster of ${CloudProvider}`;

export interface ControlCategory {
  readonly name: CategoryName;
  readonly sub?: CategoryName;
}

/** Ids of categories as in reports (scanner.md 23). */
export const categoryIds = {
  'Control plane': 'Cat-1',
  'Access control': 'Cat-2',
  Secrets: 'Cat-3',
  Network: 'Cat-4',
  Workload: 'Cat-5',
  'Supply chain': 'Cat-6',
  'Resource management': 'Cat-7',
  Storage: 'Cat-8',
  'Node escape': 'Cat-9',
} as const;

export type CategoryName = keyof typeof categoryIds;
