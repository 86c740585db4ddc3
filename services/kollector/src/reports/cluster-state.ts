import type { SourceEvent } from '@kso/domain';
import type { Clock, Logger } from '@kso/kit';
import { createTurns } from '@kso/kube';
import type { GroupKind, KubeObject } from '@kso/wire';
import { cronJobEntry } from './cron-jobs.ts';
import { createMicroservices, type MicroserviceOptions } from './microservices.ts';
import { nodeEntry, objectEntry, secretEntry, type TextEntry } from './object-entries.ts';
import type { PendingChanges } from './pending-changes.ts';
import { createPods } from './pods.ts';
import { createRevisions, type Revisions } from './revisions.ts';
import type { Change, Section } from './sections.ts';
import type { OwnerDataForm, OwnerReader } from './workload-owner.ts';

export interface ClusterStateOptions {
  /** Of pods, services, secrets and CronJobs; nodes and namespaces are told whatever it says. */
  readonly wantsNamespace: (namespace: string) => boolean;
  readonly ownerData: OwnerDataForm;
  readonly secrets: boolean;
  readonly microservices?: MicroserviceOptions;
}

export interface ClusterStatePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reader: OwnerReader;
  readonly pending: PendingChanges;
  readonly signal: AbortSignal;
}

/** What there is in the cluster, as reports tell it: no object is kept as it came (kollector.md 5 to 8). */
export interface ClusterState {
  readonly kinds: readonly GroupKind[];
  onEvent(event: SourceEvent): void;
  /** Resolves when the owners of all pods so far are known. */
  idle(): Promise<void>;
  /** Everything, as `create`; stays what it is while the cluster changes. */
  snapshot(): readonly Change[];
  /** Objects in each section. */
  counts(): Readonly<Record<Section, number>>;
  /** `spec.providerID` of the node that was seen first. */
  providerId(): string | undefined;
}

/** Requests about owners at once (kollector.md 17). */
const concurrentLookups = 10;

const core = (kind: string): GroupKind => ({ group: '', kind });
const cronJobKind: GroupKind = { group: 'batch', kind: 'CronJob' };

export function createClusterState(options: ClusterStateOptions, ports: ClusterStatePorts): ClusterState {
  const { pending, signal } = ports;
  let lastId = -1;
  const nextId = () => (lastId += 1);
  const inTurn = createTurns(concurrentLookups);
  const microservices = createMicroservices({ ...ports, inTurn, nextId }, options.microservices);
  const revisions: Revisions = createRevisions({
    ...ports,
    ownerData: options.ownerData,
    microservices,
    inTurn,
    onResolved: (keys) => pods.resolved(keys),
    signal,
  });
  const pods = createPods(() => revisions, pending);
  const nodes = createObjects('node', nodeEntry, pending);
  const namespaces = createObjects('namespace', objectEntry, pending);
  const services = createObjects('service', objectEntry, pending);
  const secrets = createObjects('secret', secretEntry, pending);
  const cronJobs = createObjects(
    'microservice',
    (object, id) => cronJobEntry(object, id, options.ownerData),
    pending,
    nextId,
  );
  let provider: string | undefined;

  const handlers: Readonly<Record<string, { present(object: KubeObject): void; gone(object: KubeObject): void }>> = {
    Node: nodes,
    Namespace: namespaces,
    Service: services,
    Secret: secrets,
    Pod: pods,
    CronJob: cronJobs,
  };

  return {
    kinds: [
      ...['Node', 'Namespace', 'Service', 'Pod'].map(core),
      ...(options.secrets ? [core('Secret')] : []),
      cronJobKind,
    ],
    onEvent: (event) => {
      if (event.type !== 'added' && event.type !== 'modified' && event.type !== 'deleted') return;
      const { object } = event;
      const { namespace } = object.metadata;
      if (namespace !== undefined && !options.wantsNamespace(namespace)) return;
      if (object.kind === 'Node') provider ??= providerIdOf(object);
      if (event.type === 'deleted') handlers[object.kind]?.gone(object);
      else handlers[object.kind]?.present(object);
    },
    idle: () => revisions.idle(),
    snapshot: () => {
      const create = (section: Section, entries: Iterable<Change['entry']>): Change[] =>
        [...entries].map((entry) => ({ section, operation: 'create', entry }));
      return [
        ...create('node', nodes.all()),
        ...create('service', services.all()),
        ...create('microservice', [...microservices.all(), ...cronJobs.all()]),
        ...create('pod', pods.reported()),
        ...create('secret', secrets.all()),
        ...create('namespace', namespaces.all()),
      ];
    },
    counts: () => ({
      node: nodes.size,
      service: services.size,
      microservice: microservices.size + cronJobs.size,
      pod: pods.size,
      secret: secrets.size,
      namespace: namespaces.size,
    }),
    providerId: () => provider,
  };
}

interface KeptObject {
  readonly id: number;
  readonly entry: TextEntry;
}

/** Objects that are reported as they are. What says nothing new makes no change. */
function createObjects(
  section: Section,
  entryOf: (object: KubeObject, id: number) => TextEntry,
  pending: PendingChanges,
  nextId: () => number = () => 0,
) {
  const byKey = new Map<string, KeptObject>();
  const keyOf = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
  return {
    present: (object: KubeObject) => {
      const key = keyOf(object);
      const before = byKey.get(key);
      const id = before?.id ?? nextId();
      const entry = entryOf(object, id);
      if (before?.entry.fingerprint === entry.fingerprint) return;
      byKey.set(key, { id, entry });
      pending.note(section, before === undefined ? 'create' : 'update', noteKey(key, id), entry);
    },
    gone: (object: KubeObject) => {
      const key = keyOf(object);
      const before = byKey.get(key);
      if (before === undefined) return;
      byKey.delete(key);
      pending.note(section, 'delete', noteKey(key, before.id), before.entry);
    },
    get size() {
      return byKey.size;
    },
    all: () => byKey.values().map(({ entry }) => entry),
  };
}

/** A CronJob that was made anew under its name is another microservice. */
function noteKey(key: string, id: number): string {
  return `${key} ${id}`;
}

function providerIdOf({ spec }: KubeObject): string | undefined {
  const id = typeof spec === 'object' && spec !== null && 'providerID' in spec ? spec.providerID : undefined;
  return typeof id === 'string' && id !== '' ? id : undefined;
}
