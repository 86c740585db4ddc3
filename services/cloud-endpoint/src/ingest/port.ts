import type { Retention } from './apply/retention.ts';
import type { Edit, EditOutcome } from './edits.ts';

/** Routes that senders post to, by the name under which receipts and metrics know them. */
export const routes = {
  postureReport: '/k8s/v2/postureReport',
  containerScan: '/k8s/v2/containerScan',
  scanFailure: '/k8s/v2/scanFailure',
  systemReport: '/k8s/sysreport',
  registryRepositories: '/k8s/registryRepositories',
  kubernetesInventory: '/v2/kubernetes-inventory',
  kubernetesInventoryV1: '/v1/enterprise/kubernetes-inventory',
  kaiInventory: '/v1/enterprise/inventories',
  inventoryRegistration: '/v2/system/integrations/registration',
  inventoryHealth: '/v2/system/integrations/:uuid/health-report',
} as const;
export type RouteName = keyof typeof routes;

/** Routes of Anchore's API: their senders show user and password, and name an account in a header. */
export const anchoreRoutes: ReadonlySet<RouteName> = new Set([
  'kubernetesInventory',
  'kubernetesInventoryV1',
  'kaiInventory',
  'inventoryRegistration',
  'inventoryHealth',
]);

/** One request of a sender, not looked into yet. */
export interface Delivery {
  readonly route: RouteName;
  /** Whose key was shown. Empty when no account is configured: all reports are one account's then, whatever they say. */
  readonly account: string;
  readonly idempotencyKey: string | undefined;
  readonly encoding: string;
  /** Of query, path and headers, where a route puts into them what the body does not say. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What changed, for pages that are open. */
export interface Change {
  readonly account: string;
  readonly cluster: string;
  readonly what: 'posture' | 'images' | 'jobs' | 'policy' | 'schedules' | 'registries' | 'inventory';
}

export type IngestOutcome =
  /** `answer` goes back to the sender: the same for a repeated delivery as for the first. */
  | { readonly kind: 'stored' | 'repeated'; readonly answer: string; readonly changes: readonly Change[] }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'unknownEncoding' }
  /** The report names another account than the one whose key was shown. */
  | { readonly kind: 'foreignAccount' }
  /** More is waiting than may wait; nothing was read. */
  | { readonly kind: 'overloaded' }
  /** The store could not take it (disk full, locked): the sender shall come again. */
  | { readonly kind: 'unavailable'; readonly code: string; readonly reason: string };

/** Reads, checks and stores reports. Off the listener's thread in production, inline in tests; expected failures are outcomes. */
export interface Ingest {
  receive(delivery: Delivery): Promise<IngestOutcome>;
  /** Changes what people keep here. @throws INGEST_UNAVAILABLE, and the STORE_… errors of `@kso/kit` */
  edit(edit: Edit): Promise<EditOutcome>;
  /** Why nothing can be stored at present, or undefined. */
  notReady(): string | undefined;
  /** Removes what is older than the retention. */
  prune(): Promise<void>;
  close(): Promise<void>;
}

export interface IngestOptions {
  readonly file: string;
  readonly reportLimit: number;
  readonly retention: Retention;
}
