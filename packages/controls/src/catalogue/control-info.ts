/** What is known about a control apart from its logic. */
export interface ControlInfo {
  readonly id: string;
  readonly name: string;
  /** 0 to 10; the severity follows from it (`severityOfScore`). */
  readonly baseScore: number;
  readonly category: ControlCategory | undefined;
  /** Where it makes sense: a running cluster, manifests in files, a managed cluster of some cloud. */
  readonly scopes: readonly ('cluster' | 'file')[];
  /** What makes a resource fail. */
  readonly description: string;
  /** What to do about it. */
  readonly remediation: string;
  /** `configuration`: means nothing while all its control inputs are empty. */
  readonly actionRequired?: 'configuration';
  /** Data that a control needs and that is not collected yet: the control is shown as not evaluated, with this as the reason. */
  readonly missingSource?: 'host data' | 'a cloud description';
}

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
