import { isRecord, stringAt, type UnknownRecord } from '@kso/domain';
import type { Interner } from '@kso/kit';
import type { KubeObject } from '@kso/wire';
import { podStatus } from './pod-status.ts';
import type { Revision } from './revisions.ts';
import type { Entry } from './sections.ts';

/** A pod as far as reports tell of it (kollector.md 6.3): a hundred thousand of them are in memory. */
export class PodRecord implements Entry {
  readonly key: string;
  readonly uid: string;
  readonly revision: Revision;
  readonly #name: string;
  readonly #namespace: string;
  readonly #node: string;
  readonly #ip: string;
  readonly #status: string;
  readonly #startedAt: string;
  readonly #deletedAt: string | undefined;

  constructor(pod: KubeObject, key: string, revision: Revision, interner: Interner) {
    const { metadata } = pod;
    const [spec, status] = [recordOf(pod['spec']), recordOf(pod['status'])];
    this.key = key;
    this.uid = metadata.uid ?? '';
    this.revision = revision;
    this.#name = metadata.name;
    this.#namespace = interner.of(metadata.namespace ?? '');
    this.#node = interner.of(stringAt(spec, 'nodeName') ?? '');
    this.#ip = stringAt(status, 'podIP') ?? '';
    this.#status = interner.of(podStatus(pod));
    this.#startedAt = secondsOf(metadata.creationTimestamp);
    this.#deletedAt = metadata.deletionTimestamp === undefined ? undefined : secondsOf(metadata.deletionTimestamp);
  }

  /** Whether a report would say the same of both. */
  saysTheSameAs(other: PodRecord): boolean {
    return this.#node === other.#node && this.#ip === other.#ip && this.#status === other.#status;
  }

  text(): string {
    return this.#written({ podStatus: this.#status });
  }

  deletedText(): string {
    return this.#written({ podStatus: 'Terminating', terminatedAt: this.#deletedAt });
  }

  #written(end: { podStatus: string; terminatedAt?: string | undefined }): string {
    const owner = this.revision.microservice?.owner;
    return JSON.stringify({
      podName: this.#name,
      nodeName: this.#node,
      podIP: this.#ip,
      namespace: this.#namespace === '' ? undefined : this.#namespace,
      uptreeOwner: owner === undefined ? undefined : { name: owner.name, kind: owner.kind },
      podStatus: end.podStatus,
      startedAt: this.#startedAt,
      terminatedAt: end.terminatedAt,
    });
  }
}

function recordOf(value: unknown): UnknownRecord {
  return isRecord(value) ? value : {};
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes it; another text is no time. */
function secondsOf(time: unknown): string {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
