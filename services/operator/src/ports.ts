import type { BasePorts, HttpClient, Outgoing, TokenAuthenticator } from '@kso/kit';
import type { LeaderElection } from '@kso/kube';
import type { JobQueue } from '@kso/queue';
import type { Outbox, Transactor } from '@kso/store';
import type { KubeObject } from '@kso/wire';
import type { CommandObjects } from './custom-resources/command-objects.ts';
import type { NewImagePorts } from './new-images/new-image-watch.ts';
import type { RegistryPorts } from './registries/carry-out-registry.ts';
import type { ScheduleStore } from './schedules/schedule.ts';

/** Which pods; every label and field has to match. */
export interface PodFilter {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
}

/** The object that a person would name when asked what runs a pod. */
export interface PodOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** What a `scan` command fans out to. */
export interface PodSource {
  /**
   * `cluster`: pods, of which only those that run are scanned, by what they really run. `manifests`: workloads, whose pod templates
   * name images that nobody has pulled yet.
   */
  readonly type: 'cluster' | 'manifests';
  /** One by one, read in pages. @throws KsoError when they cannot be listed; what was given out before stays valid. */
  list(filter: PodFilter): AsyncIterable<KubeObject>;
  topOwner(object: KubeObject): Promise<PodOwner>;
}

/** Where job reports are put, to be posted to the CloudEndpoint. */
export interface ReportSink extends Transactor {
  readonly outbox: Pick<Outbox, 'put'>;
  /** Tells the poster that there is something. */
  readonly wake?: () => void;
}

export interface OperatorPorts extends BasePorts {
  /** One owner of parents per queue: nobody else listens to the ends of its children. */
  readonly queue: JobQueue;
  /** Without it `scan` commands are refused. */
  readonly pods?: PodSource;
  /** Without it commands about recurring scans are refused. */
  readonly schedules?: ScheduleStore;
  /** Without it commands about registries are refused. */
  readonly registries?: RegistryPorts;
  /** OperatorCommand objects; without it none are looked at. */
  readonly commandObjects?: CommandObjects;
  /** Where new images are seen; without it the operator does not look, whatever is configured. */
  readonly newImages?: NewImagePorts;
  /** Decides which replica carries objects out and looks for new images; without it this one does. */
  readonly leadership?: Pick<LeaderElection, 'run'>;
  /** What `access` of the configuration stands for; by default its configured token. */
  readonly tokens?: TokenAuthenticator | undefined;
  /** Without it no job reports are written. */
  readonly reports?: ReportSink;
  /** For `dispatch.mode: http`, and for `exporter`. */
  readonly http?: Pick<HttpClient, 'request'>;
  /** How the gateway is reached; directly by default. */
  readonly outgoing?: Outgoing;
}
